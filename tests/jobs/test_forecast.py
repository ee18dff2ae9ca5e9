"""The estimated time of a run comes from this experiment's last run, or else from reference times."""

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from robustloc.jobs.forecast import chains, forecast, seconds_per_job

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


@dataclass(frozen=True)
class Job:
    """A job, whose name is its rule and a number."""

    name: str

    @property
    def rule(self) -> SimpleNamespace:
        """The rule of the job."""
        return SimpleNamespace(name=self.name[:-1])


def plan(edges: dict[str, list[str]], done: frozenset[str] = frozenset()) -> SimpleNamespace:
    """A plan of jobs, with the jobs that depend on each of them."""
    return SimpleNamespace(
        needrun_jobs=lambda: [Job(name) for name in edges if name not in done],
        jobid=lambda job: job.name,
        depending={Job(name): [Job(other) for other in others] for name, others in edges.items()},
    )


TRAININGS = {"train1": ["train2", "attack1"], "train2": ["attack2"], "attack1": [], "attack2": ["table1"], "table1": []}


def test_chains() -> None:
    """A chain takes as long as its jobs one after the other; jobs of unknown rules take no time."""
    assert chains(plan(TRAININGS), EXPECTED) == {
        "train1": 124, "train2": 64, "attack1": 4, "attack2": 4, "table1": 0
    }  # fmt: skip


def test_chains_of_due_jobs() -> None:
    """Jobs that are not due are in no chain."""
    assert chains(plan(TRAININGS, frozenset({"train1", "attack2"})), EXPECTED) == {
        "train2": 60, "attack1": 4, "table1": 0
    }  # fmt: skip


def test_chain_limits_the_slots() -> None:
    """With 64 slots, three trainings that continue from each other still take as long as three."""
    words = forecast({"train": 3, "attack": 64}, {"train": 300.0, "attack": 4.0}, 64, longest_s=904.0)

    assert words == "Estimated run time: about 15 min with 64 jobs at once."
