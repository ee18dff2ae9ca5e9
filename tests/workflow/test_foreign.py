"""A network that was trained elsewhere joins the smoke experiment through a file and one configuration block."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from smoke_files import NOTHING, due, following
from torch import nn
from workflow_project import SMOKE, Project

from robustloc.base import job_logs
from robustloc.base.files import sha256
from robustloc.data.dataset import Manifest
from robustloc.robustness import adversarial_set

DAY_S = 86400.0
RESULTS = "results/smoke"
FILE = "models/mine.pt"
MINE, CLAMPED, TUNED = (f"outdoor/mine/{defence}" for defence in ("none", "map_clamp", "finetuned"))
GRIDS = [
    {"scenarios": ["outdoor"], "models": ["constant"]},
    {"scenarios": ["outdoor"], "models": ["mine"], "attacks": ["fgsm"]},
    {"scenarios": ["outdoor"], "models": ["mine"], "defences": ["map_clamp", "finetuned"]},
]
BLOCK = {"models": {"mine": {"file": FILE}}, "grids": GRIDS, "figures": []}


def least_squares(project: Project, ridge: float) -> nn.Module:
    """The least-squares linear map from the training users' profiles to their positions [m]."""
    manifest = Manifest.read(project.folder / RESULTS / "outdoor/manifest.json")
    (users,) = manifest.parts("train")
    x, y = manifest.scale.apply(users.adp).reshape(len(users), -1).astype(float), users.position
    weight = np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ (y - y.mean(axis=0)))
    network = nn.Sequential(nn.Flatten(), nn.Linear(*weight.shape)).eval()
    with torch.no_grad():
        network[1].weight.copy_(torch.tensor(weight.T))
        network[1].bias.copy_(torch.tensor(y.mean(axis=0)))
    return network


def save(network: nn.Module, file: Path) -> None:
    """Save a network as TorchScript."""
    file.parent.mkdir(exist_ok=True)
    torch.jit.trace(network, torch.rand(2, 1, 16, 16)).save(file)


@pytest.fixture(scope="module")
def joined(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished copy with an added network from a file."""
    project = finished.copy(tmp_path_factory.mktemp("joined") / "copy")
    save(least_squares(project, 10.0), project.folder / FILE)
    project.run("--configfile", SMOKE, project.overlay(BLOCK))
    return project


def test_leaderboard(joined: Project) -> None:
    """The network has its row, with errors, verdict and size; no cost of training is claimed."""
    tables = joined.folder / RESULTS / "tables"
    board = pd.read_csv(tables / "leaderboard.csv").set_index(["model", "defence"])
    mine = board.loc["mine", "none"]

    assert mine.clean_rmse_mean_m < 0.6 * board.clean_rmse_mean_m["constant", "none"]
    assert mine.fgsm_rmse_mean_m > mine.clean_rmse_mean_m
    assert mine.verdict == "OK"
    assert (mine.parameters, mine.multiply_adds) == (3 * 256 + 3, 3 * 256)
    assert board.gradients.isna().to_dict() == {cell: cell[0] == "mine" for cell in board.index}
    assert "| mine     | none      | OK        |" in (tables / "leaderboard.md").read_text()


def test_what_it_is_made_from(joined: Project) -> None:
    """Checkpoint and provenance name the file; there is no training log; defences continue from the network."""
    results, checksum = joined.folder / RESULTS, sha256(joined.folder / FILE)
    content = torch.load(results / f"{MINE}/seed0/checkpoint.pt", weights_only=True)

    made_from = job_logs.read(results / f"{MINE}/seed0/checkpoint.pt")["record"]
    assert made_from["inputs"]["mine.pt"] == checksum
    assert bytes(content["state"]["network.archive"].tolist()) == (joined.folder / FILE).read_bytes()
    assert json.loads((results / "provenance.json").read_text())["raw"][FILE] == checksum
    logs = [pd.read_csv(results / f"{cell}/seed0/training.csv") for cell in (MINE, CLAMPED, TUNED)]
    assert [len(log) for log in logs] == [0, 0, 4]
    assert len({tuple(log.columns) for log in logs}) == 1


@pytest.mark.parametrize(("is_other", "age_s"), [(True, 0.0), (False, 0.0), (True, DAY_S)])
def test_edited_file(joined: Project, tmp_path: Path, is_other: bool, age_s: float) -> None:
    """A newer file with other content makes its own localizers due; the same content makes nothing due."""
    save(least_squares(joined, 20.0), tmp_path / "other.pt")
    content = (tmp_path / "other.pt" if is_other else joined.folder / FILE).read_bytes()
    with joined.replaced(FILE, content, age_s=age_s):
        jobs = joined.jobs(joined.overlay(BLOCK))
        stale = following(jobs, lambda job: FILE in job["inputs"])
        assert due(jobs) == (stale if is_other and not age_s else NOTHING)
        if is_other and age_s:
            done = joined.snakemake("verify", "--configfile", SMOKE, joined.overlay(BLOCK))
            assert done.stdout.startswith(f"{RESULTS}/{MINE}/seed0/checkpoint.pt: made from other inputs: mine.pt\n")


def test_missing_file(joined: Project) -> None:
    """A missing file is reported before any job, with its key and path."""
    overlay = BLOCK | {"models": {"mine": {"file": "models/{scenario}{seed}.pt"}}}

    with pytest.raises(AssertionError, match=r"models\.mine\.file: models/outdoor0\.pt: no such file"):
        joined.planned(joined.overlay(overlay))


def test_useless_file(joined: Project) -> None:
    """A network that cannot be attacked leaves only a message, even if the file is readable."""
    save(nn.Sequential(nn.Flatten(), nn.Linear(256, 2)), joined.folder / "models/flat.pt")
    overlay = joined.overlay(BLOCK | {"models": {"mine": {"file": "models/flat.pt"}}})
    target = f"{RESULTS}/outdoor/mine/none/seed7/checkpoint.pt"

    done = joined.snakemake("--configfile", SMOKE, overlay, "--", target)

    assert done.returncode != 0
    expected = "error: models.mine.file: models/flat.pt: expected estimates of shape (1, 3)"
    assert expected in done.stdout + done.stderr
    assert not (joined.folder / target).exists()


def test_checkpoint_of_another_run(joined: Project) -> None:
    """A checkpoint from one results folder joins another one, with the same errors to the last bit."""
    own = f"{RESULTS}/outdoor/dcnn/none/seed0"
    (joined.folder / "models/theirs.pt").write_bytes((joined.folder / own / "checkpoint.pt").read_bytes())
    entry = {"models": {"theirs": {"file": "models/theirs.pt"}}, "pathvars": {"results": "results/other"}}
    target = "results/other/outdoor/theirs/none/seed0/clean.parquet"

    joined.run("--configfile", SMOKE, joined.overlay(entry), "--", target)

    errors = [
        adversarial_set.read(joined.folder / file, ["error_m"])["error_m"] for file in (target, f"{own}/clean.parquet")
    ]
    assert np.array_equal(*errors)
