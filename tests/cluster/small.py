"""The part of the smoke experiment that runs on clusters: few jobs, but every rule that is submitted."""

import shutil
from pathlib import Path

from workflow_project import SMOKE, Project

CELL = {"models": ["dcnn"], "defences": ["median_smoothing"], "seeds": [0], "attacks": ["csi_pgd"]}
CONTENT = {
    "grids": [{"scenarios": ["indoor"], **CELL}],
    "figures": [
        {
            "name": "certified",
            "kind": "certified",
            "scenario": "indoor",
            "models": ["dcnn"],
            "defences": ["median_smoothing"],
        }
    ],
}
ON_GPU = {"train", "attack", "clean", "converge"}
DATA = {"trace", "shard", "split", "csi"}
ON_CPU = {*DATA, "examine", "transfer", "certify"}
ATTACKED = "indoor/dcnn/median_smoothing/seed0/csi_pgd/psr-20.parquet"
CLEAN = "indoor/dcnn/median_smoothing/seed0/clean.parquet"
CERTIFICATE = "indoor/dcnn/median_smoothing/seed0/certificate.csv"
LOCALIZER = "indoor/dcnn/median_smoothing/seed0/"  # the localizer of the grid
TRANSFER = "indoor/transfer-seed0.csv"
CERTIFIED = "indoor/dcnn/median_smoothing/seed0/certify"  # the job of this certificate


def arguments(project: Project) -> tuple[str, ...]:
    """The command-line arguments that name the experiment."""
    return ("--configfile", SMOKE, project.overlay(CONTENT))


def unused(project: Project, folder: Path) -> Project:
    """Copy a project without its results: the same code, even if the checkout changes meanwhile."""
    shutil.copytree(project.folder, folder, ignore=shutil.ignore_patterns("results", ".snakemake", "__pycache__"))
    return Project(folder)
