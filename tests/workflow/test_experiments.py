"""Experiments in one results folder share their cells and have their own tables."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from workflow_project import SMOKE, Project

from robustloc.report import columns

GRID = {"scenarios": ["outdoor"], "models": ["dcnn"], "defences": ["none", "adversarial"], "attacks": ["fgsm"]}
PAIR = {"models": ["dcnn"], "defences": ["adversarial"], "attacks": ["fgsm"], "control": {"defence": "none"}}
OTHER = {"name": "other", "grids": [GRID], "comparisons": [PAIR], "figures": []}
SHARED_RULES = {"trace", "shard", "split", "csi", "train", "attack", "clean", "worst", "examine", "converge", "certify"}


@pytest.fixture
def copied(finished: Project, tmp_path: Path) -> Project:
    """A finished run that a test may change."""
    return finished.copy(tmp_path / "copy")


def contents(project: Project) -> dict[Path, bytes]:
    """The results of the first experiment, without the second one's results and without logs."""
    folder = project.folder / "results/smoke"
    files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".log")
    return {file: file.read_bytes() for file in files if not file.is_relative_to(folder / "experiments")}


def check_comparisons(tables: Path) -> None:
    """The comparisons are a table like the others, with the users of one seed and no finding."""
    text, table = pd.read_csv(tables / "comparisons.csv"), pq.read_table(tables / "comparisons.parquet")
    assert table.schema.names == text.columns.tolist() == list(columns.TABLES["comparisons"])
    pd.testing.assert_frame_equal(text, table.to_pandas(), check_dtype=False)
    assert text[["attack", "finding"]].values.tolist() == [["clean", "one seed"], ["fgsm", "one seed"]]
    errors = pd.read_csv(tables / "rmse.csv").set_index(["attack", "epsilon", "defence"]).rmse_m
    found = text.set_index(["attack", "epsilon"])
    for place, row in found.iterrows():
        assert row.rmse_difference_m == pytest.approx(errors[*place, "adversarial"] - errors[*place, "none"], abs=1e-6)
    assert set(pd.read_csv(tables / "dictionary.csv").query("table == 'comparisons'").column) == set(text)
    assert r"dcnn + adversarial & dcnn & fgsm 0.05 & " in (tables / "comparisons.tex").read_text()


def test_cells_are_shared(copied: Project) -> None:
    """A second experiment makes only its own tables; the first one's results stay, and both are current."""
    overlay, before = copied.overlay(OTHER), contents(copied)

    assert not SHARED_RULES & {job["rule"] for job in copied.jobs(overlay) if job["is_due"]}
    copied.run("--configfile", SMOKE, overlay)

    own = copied.folder / "results/smoke/experiments/other"
    assert {"report.html", "provenance.json", "tables", "figures"} <= {file.name for file in own.iterdir()}
    check_comparisons(own / "tables")
    assert contents(copied) == before
    for configfiles in ([SMOKE], [SMOKE, overlay]):
        assert "all current" in copied.run("verify", "--configfile", *configfiles).stdout
    assert copied.planned() == set()


def test_disagreement(finished: Project) -> None:
    """Planning stops if another experiment uses a name differently; the message names the differing keys."""
    overlay = finished.overlay(OTHER | {"training": {"epochs": 3}})

    done = finished.snakemake("-n", "--configfile", SMOKE, overlay)

    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert "results/smoke/outdoor/dcnn/none/seed0/checkpoint.pt, made by config.yaml alone" in printed
    assert "training.epochs (2 there, 3 here)" in printed
    assert "Traceback" not in printed


def test_an_edit_is_no_disagreement(finished: Project) -> None:
    """The experiment that made a result may remake it with another configuration."""
    overlay = finished.overlay({"training": {"epochs": 3}})

    done = finished.snakemake("-n", "--configfile", SMOKE, overlay)

    assert done.returncode == 0
    assert "train" in done.stderr + done.stdout
