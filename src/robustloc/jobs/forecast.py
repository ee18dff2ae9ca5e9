"""Estimated time of a run, printed with the counts of its jobs before it begins."""

import json
from collections.abc import Mapping
from pathlib import Path

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


def forecast(jobs: Mapping[str, int], seconds: dict[str, float], slots: int) -> str:
    """Write how long jobs take together.

    Args:
        jobs: how many of each rule.
        seconds: by rule, of one job [s]; other rules take no time.
        slots: how many jobs run at once.
    """
    length = words(sum(count * seconds.get(rule, 0) for rule, count in jobs.items()) / slots)
    return f"Estimated run time: {length} with {slots} job{'s' * (slots > 1)} at once."


def words(seconds: float) -> str:
    """Write a time as people say it."""
    if seconds < 60:
        return "less than a minute"
    return f"about {seconds / 60:.0f} min" if seconds < 90 * 60 else f"about {seconds / 3600:.1f} h"
