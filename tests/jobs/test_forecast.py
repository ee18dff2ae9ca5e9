"""The estimated time of a run comes from this experiment's last run, or else from reference times."""

import json
from pathlib import Path

import pytest

from robustloc.jobs.forecast import forecast, seconds_per_job

EXPECTED = {"train": 60.0, "attack": 4.0}


def test_without_a_run(tmp_path: Path) -> None:
    """Before the first run, the reference times count."""
    assert seconds_per_job(tmp_path / "provenance.json", EXPECTED) == EXPECTED


def test_after_a_run(tmp_path: Path) -> None:
    """After a run, its own means count, including start-up; rules without jobs keep their reference times."""
    summary = tmp_path / "provenance.json"
    summary.write_text(json.dumps({"rules": {"attack": {"jobs": 4, "seconds": 10.0, "start_up_s": 2.0}}}))

    assert seconds_per_job(summary, EXPECTED) == {"train": 60.0, "attack": 3.0}


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"rules": {"att',
        "[]",
        "{}",
        '{"rules": []}',
        '{"rules": {"attack": {}}}',
        '{"rules": {"attack": {"jobs": 0, "seconds": 0, "start_up_s": 0}}}',
        '{"rules": {"attack": {"jobs": 1, "seconds": "ten", "start_up_s": 0}}}',
    ],
)
def test_damaged_summary(tmp_path: Path, text: str) -> None:
    """A damaged summary of the last run is ignored and does not stop a run."""
    summary = tmp_path / "provenance.json"
    summary.write_text(text)

    assert seconds_per_job(summary, EXPECTED) == EXPECTED


@pytest.mark.parametrize(
    ("jobs", "slots", "words"),
    [
        ({}, 1, "less than a minute with 1 job at once"),
        ({"attack": 14}, 1, "less than a minute with 1 job at once"),
        ({"attack": 15}, 1, "about 1 min with 1 job at once"),
        ({"train": 20, "attack": 390, "all": 1}, 2, "about 23 min with 2 jobs at once"),
        ({"train": 89}, 1, "about 89 min with 1 job at once"),
        ({"train": 90}, 1, "about 1.5 h with 1 job at once"),
        ({"train": 1000}, 8, "about 2.1 h with 8 jobs at once"),
    ],
)
def test_words(jobs: dict[str, int], slots: int, words: str) -> None:
    """Minutes up to an hour and a half, then hours; jobs of unknown rules, such as targets, take no time."""
    assert forecast(jobs, EXPECTED, slots) == f"Estimated run time: {words}."
