"""A new kind of figure is one file, copied from the template, and one line of the schema."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from made_up_summary import SUMMARY
from workflow_project import ROOT, Project, copy_project

TEMPLATE = ROOT / "templates/figure.py"
PLACE = "src/robustloc/figures/mine.py"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the project with these two changes and no other."""
    text = TEMPLATE.read_text()
    assert f"copy it to {PLACE}" in text
    copied = copy_project(tmp_path)
    shutil.copyfile(TEMPLATE, copied.folder / PLACE)
    (line,) = re.findall(r"^ +- \{.*kind: \{const: mine, .*\n", text, flags=re.MULTILINE)
    schema = copied.folder / "config.schema.yaml"
    schema.write_text(schema.read_text().replace("\n$defs:", f"{line}\n$defs:", 1))
    return copied


def test_planned(project: Project) -> None:
    """A figure of the new kind is planned from the table that the file names, with the file's own code."""
    figure = {"name": "clean", "kind": "mine", "scenario": "indoor", "models": ["dcnn"], "defences": ["none"]}
    jobs = project.jobs(project.overlay({"figures": [figure]}), target="figure_clean")

    (job,) = (job for job in jobs if job["rule"] == "figure")
    assert job["inputs"] == ["results/smoke/tables/summary.csv"]
    assert "results/smoke/figures/clean.png" in job["outputs"]
    assert " figures.mine@" in job["code"]
    assert " figures.rmse@" not in job["code"]


def test_drawn(project: Project) -> None:
    """The job of the figure writes its numbers, its drawings and a caption of one line."""
    figure = {"name": "clean", "kind": "mine", "scenario": "in_door", "models": ["constant", "dcnn"]}
    config = json.dumps({"figure": figure | {"defences": ["none", "adversarial"]}})
    SUMMARY.to_csv(project.folder / "summary.csv", index=False)
    command = [sys.executable, "-m", "robustloc.jobs", "figure", "--config", config]
    command += ["--code", "stages.figure", "figures.mine", "--table", "summary.csv", "--manifest", "--test", "--sets"]
    command += ["--data", "clean.csv", "--png", "clean.png", "--pdf", "clean.pdf", "--caption", "clean.txt"]
    environment = os.environ | {"PYTHONPATH": str(project.folder / "src")}

    done = subprocess.run(command, cwd=project.folder, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert pd.read_csv(project.folder / "clean.csv").rmse_mean_m.tolist() == [4.0, 0.5, 0.6]
    assert (project.folder / "clean.png").stat().st_size > 1000
    assert (project.folder / "clean.txt").read_text().count("\n") == 1
    assert "9 test users" in (project.folder / "clean.txt").read_text()
