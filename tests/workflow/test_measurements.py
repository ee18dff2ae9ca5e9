"""The embedded room as a file of channel matrices: written by the documented lines, and attacked like the room."""

import doctest
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from workflow_project import ROOT, SMOKE, Project

from robustloc.base import job_logs
from robustloc.data.channel_matrices import read_channels
from robustloc.data.dataset import Manifest, read_shard

RESULTS = "results/smoke"
OVER_THE_AIR = ["csi_universal", "csi_antenna", "csi_pgd"]
ATTACKS = ["fgsm", *OVER_THE_AIR]
SCENARIO = {
    "raw": {"csi": "room.npz"},
    "shards": 2,
    "split": {"kind": "block", "validation": 0.1, "test": 0.1, "block_m": 0.05, "guard_m": 0.02},
    "epsilons": [0.002],
    "psrs_db": [-20],
}
GRIDS = [
    {"scenarios": ["room"], "models": ["constant"]},
    {"scenarios": ["room"], "models": ["dcnn"], "attacks": ATTACKS},
]


@pytest.fixture(scope="module")
def project(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the smoke experiment in which a reader has followed the page on data, and run the exported room."""
    project = finished.copy(tmp_path_factory.mktemp("measured") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.folder)
        done = doctest.testfile(str(ROOT / "docs/data.md"), module_relative=False)
    assert done.attempted >= 10
    assert done.failed == 0
    overlay = project.overlay({"scenarios": {"room": SCENARIO}, "grids": GRIDS, "figures": []})
    project.run("tables", "--configfile", SMOKE, overlay)
    return project


def test_profiles_are_those_of_the_scene(project: Project) -> None:
    """The exported room has the users, profiles and flags of the room that was traced."""
    scene, *parts = (
        read_shard(project.folder / RESULTS / place / f"adp/shard-{number}.parquet")
        for place, number in (("indoor", 0), ("room", 0), ("room", 1))
    )

    found = np.concatenate([part.adp for part in parts])
    np.testing.assert_allclose(found, scene.adp, rtol=0, atol=1e-6 * scene.adp.max())
    np.testing.assert_array_equal(np.concatenate([part.position for part in parts]), scene.position)
    np.testing.assert_array_equal(np.concatenate([part.line_of_sight for part in parts]), scene.line_of_sight)


def test_attacks_over_the_air_use_the_file(project: Project) -> None:
    """The channel matrices of test users are the matrices of the file, which the manifest describes."""
    place = project.folder / RESULTS / "room"
    (test,), raw = read_channels(place / "csi.parquet", "test"), np.load(project.folder / "data/room.npz")

    np.testing.assert_array_equal(test.csi, raw["csi"][test.user].astype(np.complex64))
    channel = Manifest.read(place).channel
    assert (channel.antennas, channel.subcarriers) == raw["csi"].shape[1:]
    assert channel.bandwidth_hz == raw["bandwidth_hz"]


def test_errors_under_attack(project: Project) -> None:
    """Every attack of the grid has a finite error; what is sent over the air has the power of its budget."""
    table = pd.read_csv(project.folder / RESULTS / "tables/rmse.csv").query("scenario == 'room' and model == 'dcnn'")
    errors = table.set_index("attack").rmse_m

    assert sorted(errors.index) == sorted(["clean", *ATTACKS])
    assert np.isfinite(errors).all()
    assert errors["csi_pgd"] > errors["clean"]
    air = table[table.attack.isin(OVER_THE_AIR)]
    assert (air.budget == "psr_db").all()
    assert (air.psr_db <= -20 + 1e-3).all()


def test_the_log_names_the_file(project: Project) -> None:
    """The log of a shard says which file it is made from."""
    shard = project.folder / RESULTS / "room/adp/shard-0.parquet"

    assert [Path(name).name for name in job_logs.read(shard)["record"]["inputs"]] == ["room.npz"]
