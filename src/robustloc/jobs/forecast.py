"""Estimated time of a run, printed with the counts of its jobs before it begins."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snakemake.dag import DAG
    from snakemake.jobs import Job

UNKNOWN = "Estimated run time: unknown until the first complete run."


def seconds_per_job(summary: Path, expected: dict[str, float]) -> dict[str, float]:
    """Return by rule how long a job takes on one core [s]: as in the experiment's last run, or as expected.

    Args:
        summary: provenance.json of the experiment, if there is one.
        expected: by rule.
    """
    try:
        rules = json.loads(summary.read_text(encoding="utf-8"))["rules"].items()
        return expected | {name: (rule["seconds"] + rule["start_up_s"]) / rule["jobs"] for name, rule in rules}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ZeroDivisionError):
        return expected  # missing or damaged; a run must not fail for that


def chains(dag: "DAG", seconds: Mapping[str, float]) -> dict[int, float]:
    """Return by number of each due job how long the longest chain of jobs is that starts with it [s].

    No number of slots makes a run shorter than its longest chain, such as a training that continues from another one.

    Args:
        dag: the plan.
        seconds: by rule, of one job [s]; other rules take no time.
    """
    due = set(dag.needrun_jobs())

    @cache
    def length(job: "Job") -> float:
        """Return the length of the longest chain that starts with a job."""
        following = [length(other) for other in dag.depending.get(job, ()) if other in due]
        return seconds.get(job.rule.name, 0) + max(following, default=0)

    return {dag.jobid(job): length(job) for job in due}


def forecast(jobs: Mapping[str, int], seconds: Mapping[str, float], slots: int, longest_s: float = 0) -> str:
    """Write how long jobs take together.

    Args:
        jobs: how many of each rule.
        seconds: by rule, of one job [s]; other rules take no time.
        slots: how many jobs run at once.
        longest_s: length of the longest chain of jobs [s].
    """
    shared_s = sum(count * seconds.get(rule, 0) for rule, count in jobs.items()) / slots
    length = words(max(shared_s, longest_s))
    return f"Estimated run time: {length} with {slots} job{'s' * (slots > 1)} at once."


def words(seconds: float) -> str:
    """Write a time as people say it."""
    if seconds < 60:
        return "less than a minute"
    return f"about {seconds / 60:.0f} min" if seconds < 90 * 60 else f"about {seconds / 3600:.1f} h"
