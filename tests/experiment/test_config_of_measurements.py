"""Scenarios of measured channel matrices: their file is the only source of array, bandwidth and users."""

from pathlib import Path

import numpy as np
import pytest
from configurations import filled

from robustloc.base.errors import UserError
from robustloc.experiment import description, job_inputs
from robustloc.experiment.experiment import Experiment

GRID = {"scenarios": ["lab"], "models": ["dcnn"], "defences": ["none"], "seeds": [0], "attacks": ["universal"]}
CHANNEL = {"antennas": 8, "spacing_wavelengths": 0.4, "subcarriers": 12, "bandwidth_hz": 2e7}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a measurement of 20 users."""
    csi = np.random.default_rng(0).normal(size=(20, 8, 12)) * 1j
    np.savez(tmp_path / "lab.npz", csi=csi, position=csi.imag[:, 0, :3], bandwidth_hz=2e7, spacing_wavelengths=0.4)
    return tmp_path


def made(folder: Path, lab: dict | None = None, **more: object) -> Experiment:
    """Make an experiment on the measurement."""
    scenario = {"raw": {"csi": "lab.npz"}, "epsilons": [0.1]} | (lab or {})
    overlay = {"data_folder": str(folder), "scenarios": {"lab": scenario}, "grids": [GRID], "figures": []}
    return Experiment(filled(overlay | more))


def test_jobs_of_a_measured_scenario(data: Path) -> None:
    """Its jobs read the file, know its channel, and have no users to select; the format is in their code."""
    run = made(data)

    assert run.raw_files("lab") == [str(data / "lab.npz")]
    assert job_inputs.shard(run, "lab", "0") == {
        "shard": 0, "shards": 1, "adp": {"convention": "paper"}, "channel": CHANNEL
    }  # fmt: skip
    for config in (job_inputs.split(run, "lab"), job_inputs.csi(run, "lab")):
        assert config["channel"] == CHANNEL
        assert not config.keys() & {"users", "base_station"}
    assert job_inputs.shard_modules(run, "lab", "0") == ["stages.shard", "data.formats.csi"]
    assert job_inputs.csi_modules(run, "lab") == ["stages.csi", "data.formats.csi"]
    shown = description.page(run)["scenarios"]["lab"]
    assert shown["raw"] == {"csi": "lab.npz"}
    assert shown["channel"] == CHANNEL
    assert shown["carrier_hz"] is shown["base_station"] is None


def test_a_checked_configuration_is_valid(data: Path) -> None:
    """The check adds no key that it would refuse."""
    config = made(data).config

    assert filled(config)["scenarios"]["lab"] == config["scenarios"]["lab"]


def test_the_source_of_other_scenarios_changes_nothing(data: Path) -> None:
    """`source` chooses between a folder and a scene; a measured scenario has neither."""
    for source in ("deepmimo", "embedded"):
        assert made(data, source=source).raw_files("lab") == [str(data / "lab.npz")]


def test_an_absolute_path(data: Path) -> None:
    """A file may lie outside of the data folder."""
    run = made(data / "elsewhere", {"raw": {"csi": str(data / "lab.npz")}})

    assert run.raw_files("lab") == [str(data / "lab.npz")]


CHOICES = {
    "rows": ("users", {"rows": [1, 2]}),
    "stride": ("users", {"column_step": 2}),
    "default users": ("users", {"rows": None}),
    "array": ("channel", {"antennas": 8}),
    "nothing of the channel": ("channel", {}),
    "station": ("base_station", "BS1"),
}


@pytest.mark.parametrize("choice", CHOICES)
def test_what_the_file_decides_is_no_key(data: Path, choice: str) -> None:
    """A key that would be ignored is refused, even with the value of the file."""
    key, value = CHOICES[choice]

    with pytest.raises(UserError, match=rf"^scenarios\.lab\.{key}: expected no such key beside raw\.csi.*remove {key}"):
        made(data, {key: value})


@pytest.mark.parametrize(
    "raw", [{"folder": "O1"}, {"scene": "room", "rows": 3}, {"max_paths": 5}], ids=lambda raw: "+".join(raw)
)
def test_one_source(data: Path, raw: dict) -> None:
    """A file beside a scene or a folder is refused, as when an overlay reuses the name of a traced scenario."""
    with pytest.raises(
        UserError, match=rf"scenarios\.lab\.raw: expected csi alone, found also .*{next(iter(raw))}.*name"
    ):
        made(data, {"raw": {"csi": "lab.npz"} | raw})


@pytest.mark.parametrize(
    ("lab", "message"),
    [
        ({"raw": {"csi": 3}}, r"scenarios\.lab\.raw\.csi: expected a text, found 3"),
        ({"raw": {"csi": ""}}, r"scenarios\.lab\.raw\.csi: "),
        ({"raw": {"csi": None}}, r"scenarios\.lab\.raw\.csi: expected a text, found None"),
        ({"raw": {"folder": "O1"}}, r"scenarios\.lab\.base_station: missing; add this key$"),
        ({"raw": {}}, r"scenarios\.lab\.raw: "),
        ({"raw": "lab.npz"}, r"scenarios\.lab\.raw: expected a mapping, found 'lab\.npz'"),
    ],
    ids=str,
)
def test_wrong_types(data: Path, lab: dict, message: str) -> None:
    """A wrong value is named; a scenario of another kind still needs its base station."""
    with pytest.raises(UserError, match=message):
        made(data, lab)


def test_faults_are_found_while_planning(data: Path) -> None:
    """A missing file and too many shards end the planning, with the scenario's name."""
    with pytest.raises(UserError, match=r"scenarios\.lab\.shards: expected at most 20, .*found 21"):
        made(data, {"shards": 21}).all_raw_files()
    (data / "lab.npz").unlink()
    with pytest.raises(UserError, match=r"scenario lab: .*lab\.npz: no such file"):
        made(data).all_raw_files()
