"""The report's description of an experiment: settings in words, numbers of users, times in readable units."""

import pytest

from robustloc.report.page import run_tables

CHANNEL = {"antennas": 4, "spacing_wavelengths": 0.5, "subcarriers": 8, "bandwidth_hz": 1e7, "max_paths": 5}
SCENE = {
    "raw": {"scene": "street", "rows": 9, "max_reflections": 2, "max_paths": 25},
    "carrier_hz": 3.5e9,
    "base_station": [1.0, 2.5, 6.0],
    "channel": CHANNEL | {"late_paths": "drop"},
    "adp": {"convention": "paper"},
    "split": {"kind": "random", "validation": 0.05, "test": 0.03, "block_m": 5, "guard_m": 1},
    "epsilons": [0.01, 0.05],
    "psrs_db": [],
    "reference_epsilon": 0.05,
}
MANIFEST = {
    "parts": {"train": 1200, "validation": 30, "test": 20, "unused": 0},
    "users": 1250,
    "shape": [4, 8],
    "scale": {"name": "db", "peak": 1e-4},
}


def described(**changes: object) -> dict[str, str]:
    """Describe one scene."""
    table = run_tables.scenes({"street": SCENE | changes}, {"street": MANIFEST}, {"street": {1: 12, 0: 7, -1: 1}})
    assert table["columns"] == ["", "street"]
    return dict(table["rows"])


def test_scene() -> None:
    """A traced scene shows carrier, station, users by part and by sight, scale, budgets, and its split's own keys."""
    found = described()

    assert found["source"] == "street, traced with up to 2 reflections"
    assert found["carrier"] == "3.5 GHz"
    assert found["base station"] == "(1, 2.5, 6) m"
    assert found["train / validation / test"] == "1,200 / 30 / 20"
    assert found["test users"] == "12 in line of sight, 7 without line of sight, 1 without any path"
    assert found["split"] == "kind random, validation 0.05, test 0.03"
    assert found["input scale"].startswith("db: ")
    assert found["ε"] == "0.01, 0.05"
    assert found["PSR over the air"] == "none"


def test_folder() -> None:
    """A scenario from files shows its folder and station as configured, and its blocks and ratios."""
    split = SCENE["split"] | {"kind": "block"}
    found = described(raw="O1_3p5", carrier_hz=None, base_station="BS2", psrs_db=[-40.0, -30.0], split=split)

    assert found["source"] == "folder O1_3p5"
    assert found["base station"] == "BS2"
    assert "guard_m 1" in found["split"]
    assert found["PSR over the air"] == "-40, -30 dB"


def test_measured_file() -> None:
    """A measured scenario shows its file, its array and its band; station, carrier and paths are unknown."""
    channel = {key: CHANNEL[key] for key in CHANNEL if key != "max_paths"}
    found = described(raw={"csi": "lab.npz"}, carrier_hz=None, base_station=None, channel=channel)

    assert found["source"] == "file lab.npz"
    assert found["base station"] == found["carrier"] == "not recorded"
    assert found["paths"] == "measured channel matrices"
    assert found["array"].startswith("4 antennas")
    assert list(found) == list(described())


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, ""),
        ({"a": 1, "b": {"c": [0.5, 2]}}, "a 1, b (c 0.5, 2)"),
        ({"on": True, "off": False, "unset": None}, "on yes, off no"),
    ],
)
def test_options(settings: dict, text: str) -> None:
    """Nested settings are written in one line."""
    assert run_tables.options(settings) == text


def test_entries() -> None:
    """An entry shows its own parameters and the keys that the workflow reads."""
    found = {"fgsm": {"plugin": "gradient", "norm": "linf", "parameters": {"steps": 1}}}

    assert run_tables.entries(found) == [["fgsm", "gradient", "norm linf, steps 1"]]


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (90, "1.5 min"), (5400, "1.5 h")])
def test_duration(seconds: float, text: str) -> None:
    """Times are written in the largest unit that they fill."""
    assert run_tables.duration(seconds) == text


def test_making() -> None:
    """Jobs and times are added up, the slowest step first; a GPU is shown if one was used."""
    rules = {
        "adp": {"jobs": 2, "seconds": 30.0, "peak_memory_mb": 200},
        "train": {"jobs": 3, "seconds": 60.0, "peak_memory_mb": 1500},
    }
    host = {"host": "node", "processor": "CPU", "cores": 8, "memory_gb": 64}
    found = run_tables.making(
        {
            "rules": rules,
            "ended": ["2026-01-01T10:00:00+0000", "2026-01-01T12:00:00+0000"],
            "hardware": [host | {"gpus": []}, host | {"host": "other", "gpus": ["H100"]}],
            "versions": {"torch": ["2.11", "2.13"]},
        }
    )

    assert (found["jobs"], found["work"], found["span"]) == (5, "1.5 min", "2.0 h")
    assert found["hardware"] == ["node: CPU, 8 cores, 64 GB", "other: CPU, 8 cores, 64 GB, GPU H100"]
    assert found["versions"] == {"torch": "2.11, 2.13"}
    assert found["rules"] == [["train", "3", "60.0", "1,500"], ["adp", "2", "30.0", "200"]]
