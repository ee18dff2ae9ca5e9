"""A result of another experiment is replaced only if both agree on its configuration, or if the user forces it."""

import json
from pathlib import Path

import pytest

from robustloc.base import job_logs
from robustloc.jobs.dry_run import Planned
from robustloc.jobs.sharing import conflicts

BEFORE, NOW = {"training": {"epochs": 10}, "seed": 0}, {"training": {"epochs": 12}, "seed": 0}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A result of the experiment ladder."""
    file = tmp_path / "checkpoint.pt"
    file.write_text("weights")
    content = {"record": {"config": BEFORE, "code": "", "inputs": {}}, "outputs": {}, "run": {"experiment": "ladder"}}
    job_logs.path(file).write_text(json.dumps(content))
    return file


def planned(file: Path, config: dict, is_due: bool = True) -> Planned:
    """The job that would make a file."""
    return Planned("train", [], [file], {"cfg": json.dumps(config), "code": ""}, is_due)


def test_another_configuration(made: Path) -> None:
    """The message names the file, its experiment and both values."""
    found = conflicts([planned(made, NOW)], "controls")

    assert f"{made}, made by ladder: training.epochs (10 there, 12 here)" in found
    assert "--forcerun" in found


def test_a_moved_name(made: Path) -> None:
    """A name that another experiment has in another list is named with both lists."""
    lists = {"gradients": ["directions"], "others": ["noise", "spsa"]}
    content = json.loads(job_logs.path(made).read_text())
    content["record"]["config"] = lists
    job_logs.path(made).write_text(json.dumps(content))

    found = conflicts([planned(made, {"gradients": ["directions", "spsa"], "others": ["noise"]})], "controls")

    assert 'gradients (["directions"] there, ["directions", "spsa"] here)' in found
    assert 'others (["noise", "spsa"] there, ["noise"] here)' in found


@pytest.mark.parametrize(
    ("config", "experiment", "is_due", "forced"),
    [
        (BEFORE, "controls", True, set()),
        (NOW, "ladder", True, set()),
        (NOW, "controls", False, set()),
        (NOW, "controls", True, {"train"}),
    ],
    ids=["the same configuration", "an edit of the same experiment", "not due", "forced"],
)
def test_no_conflict(made: Path, config: dict, experiment: str, is_due: bool, forced: set[str]) -> None:
    """Nothing is wrong with results that agree, that the same experiment edits, that stay, or that the user forces."""
    assert conflicts([planned(made, config, is_due)], experiment, frozenset(forced)) == ""


def test_a_forced_file(made: Path) -> None:
    """A file is forced by its own name, too."""
    assert conflicts([planned(made, NOW)], "controls", frozenset({str(made)})) == ""


def test_missing_results_are_no_conflict(made: Path) -> None:
    """A result that was deleted is made, whoever made it before."""
    made.unlink()

    assert conflicts([planned(made, NOW)], "controls") == ""
