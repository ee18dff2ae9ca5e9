"""A newcomer's raw format, copied from its template: with one added file, its folders become data sets."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from made_up import COLUMNS, ROWS
from workflow_project import ROOT, SMOKE, Project

from robustloc.data import folder, profile
from robustloc.data.channel import Channel
from robustloc.data.dataset import read_shard
from robustloc.data.transform import CONVENTIONS

MINE = "src/robustloc/data/formats/mine.py"
CHANNEL = {"antennas": 16, "subcarriers": 16, "bandwidth_hz": 1.0e7}
SHARDS = {"outdoor": "deepmimo_v4", "indoor": "deepmimo_v4", "old": "deepmimo_v3", "new": "mine"}


def write_mine(place: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a scenario in the template's format."""
    place.mkdir()
    present = np.isfinite(arrays["power"])
    names = {"power": "power_dbm", "phase": "phase_deg", "delay": "delay_s"}
    names |= {"aod_el": "zenith_deg", "aod_az": "azimuth_deg", "aoa_el": "arrival_zenith_deg"}
    tables = {new: np.where(present, arrays[old], 0.0).astype(float) for old, new in names.items()}
    sight = np.where(arrays["inter"][:, 0] == 0, 1, 0)
    np.savez(
        place / "scenario.npz",
        carrier_hz=3.5e9,
        station=arrays["tx_pos"].astype(float),
        users=arrays["rx_pos"].reshape(ROWS, COLUMNS, 3).astype(float),
        line_of_sight=np.where(present.any(axis=1), sight, -1),
        count=present.sum(axis=1),
        **tables,
    )


@pytest.fixture
def project(fresh: Project, v3_folder: Path, arrays: dict) -> Iterator[Project]:
    """A copy with the template's format, and two downloaded scenarios: one of it, one of DeepMIMO v3."""
    template = ROOT / "templates/format.py"
    assert f"copy it to {MINE}" in template.read_text()
    shutil.copyfile(template, fresh.folder / MINE)
    (fresh.folder / "data").mkdir()
    write_mine(fresh.folder / "data/new", arrays)
    v3_folder.rename(fresh.folder / "data/old")
    common = {"users": {"rows": [1, ROWS], "row_step": 1, "column_step": 1}, "channel": CHANNEL, "epsilons": [0.05]}
    stations = {"new": "BS1", "old": "BS7"}
    scenarios = {
        name: common | {"raw": {"folder": name}, "base_station": station, "shards": 1}
        for name, station in stations.items()
    }
    grid = {"scenarios": list(SHARDS), "models": ["constant"]}
    fresh.overlay({"scenarios": scenarios, "grids": [grid], "figures": []})
    return fresh


def test_shard_of_a_new_format(project: Project, v4_folder: Path) -> None:
    """The profiles equal the profiles of the same paths in a DeepMIMO folder."""
    shard = "results/smoke/new/adp/shard-0.parquet"

    project.run("--configfile", SMOKE, "overlay.yaml", "--", shard)

    users, paths = read_shard(project.folder / shard), folder.read(v4_folder, "BS7")
    expected = profile.from_paths(paths, Channel(**CHANNEL), CONVENTIONS["paper"])
    assert users.user.tolist() == paths.user.tolist()
    assert users.line_of_sight.tolist() == paths.line_of_sight.tolist()
    np.testing.assert_allclose(users.adp, expected, rtol=1e-4, atol=1e-6 * expected.max())


def test_plan_names_the_format_of_each_scenario(project: Project) -> None:
    """Each shard depends only on its scenario's format; editing one format affects no other shard."""
    jobs = [job for job in project.jobs("overlay.yaml", target="adp") if job["rule"] == "shard"]

    found = {
        Path(job["outputs"][0]).parts[2]: [
            part.partition("@")[0].removeprefix("data.formats.")
            for part in job["code"].split()
            if part.startswith("data.formats.") and "parts" not in part and "__init__" not in part
        ]
        for job in jobs
    }
    assert found == {scenario: [name] for scenario, name in SHARDS.items()}
