"""What the README tells people to write works as it stands."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import torch
import yaml
from workflow_project import ROOT, SMOKE, Project

BLOCK = re.compile(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", flags=re.DOTALL)
BLOCKS = BLOCK.findall((ROOT / "README.md").read_text())


def write_own(fresh: Project) -> None:
    """Write the plugins of the README and their experiment where it says."""
    (_, _), *own = BLOCKS
    for name, text in own:
        (fresh.folder / name).write_text(text)


def test_plugins_keep_their_contracts(fresh: Project) -> None:
    """The project's tests find the plugins of the README and pass on them."""
    write_own(fresh)
    shutil.copytree(ROOT / "tests", fresh.folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "pyproject.toml", fresh.folder)

    command = [sys.executable, "-m", "pytest", "-q", "-k", "linear or random_sign or erasure"]
    folders = ["tests/models/test_models.py", "tests/attacks/test_attacks.py", "tests/defences/test_defences.py"]
    environment = os.environ | {"PYTHONPATH": str(fresh.folder / "src")}
    done = subprocess.run(
        command + folders, cwd=fresh.folder, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 6 + 2 * 6 + 1


def test_plugins(fresh: Project) -> None:
    """The model, the attack and the defence of the README are found by their names, trained and evaluated."""
    write_own(fresh)
    small = fresh.overlay({"defences": {"erasure": {"training": {"epochs": 1}}}})
    cells = [
        f"results/trial/indoor/linear/erasure/seed0/{attack}/eps0.002.parquet" for attack in ("fgsm", "random_sign")
    ]

    fresh.run("--configfile", SMOKE, "experiments/trial.yaml", small, "--", *cells)

    checkpoint = torch.load(fresh.folder / Path(cells[0]).parents[1] / "checkpoint.pt", weights_only=True)
    assert checkpoint["record"]["config"]["epsilon"] == 0.005
    signs, gradient = (pd.read_parquet(fresh.folder / cell) for cell in reversed(cells))
    assert (signs.linf <= 0.002 * 1.001).all()
    assert gradient.error_m.pow(2).mean() > signs.error_m.pow(2).mean()


def test_own_scenario(fresh: Project) -> None:
    """The configuration of a download is valid; only the download is missing."""
    name, text = BLOCKS[0]
    (fresh.folder / name).write_text(text)

    done = fresh.snakemake("--configfile", name)

    assert yaml.safe_load(text)["scenarios"].keys() == {"o1"}
    assert "scenario o1: data/O1_3p5: no such folder; download the DeepMIMO scenario" in done.stderr


def test_files_that_it_names_exist() -> None:
    """Links and folders of the README are there."""
    text = (ROOT / "README.md").read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]

    assert len(links) >= 5
    assert [link for link in links if not Path(ROOT, link).exists()] == []
