"""Experiments share localizers and sets, named by their cells: find the names that two experiments use differently."""

import json
from collections.abc import Iterable, Iterator, Set

from robustloc.base import job_logs
from robustloc.jobs.dry_run import Planned
from robustloc.jobs.verification import differing_keys

SHOWN = 5
ADVICE = (
    "Nothing was changed. Give the entries of this experiment other names, or give it its own results folder "
    "(pathvars: {results: results/NAME}). If the other experiment does not need these results, make them again with "
    "--forcerun and the names of the files or of their rules."
)


def conflicts(jobs: Iterable[Planned], experiment: str, forced: Set[str] = frozenset()) -> str:
    """List due results that another experiment made with another configuration.

    A result that this experiment made itself is no conflict: an edit makes it due, as always.

    Args:
        jobs: of the plan.
        experiment: name of the experiment that is planned; empty for config.yaml alone.
        forced: rules and files that the user wants to make again (``--forcerun``).

    Returns:
        The files, the experiments that made them, and the keys that differ; empty if there are no conflicts.
    """
    due = [job for job in jobs if job.is_due and "cfg" in job.params]
    unasked = [job for job in due if forced.isdisjoint({job.rule, *map(str, job.outputs)})]
    lines = [line for job in unasked for line in _conflict(job, experiment)]
    more = [f"… and {len(lines) - SHOWN} more"] * (len(lines) > SHOWN)
    head = "These results are shared by name with another experiment that uses another configuration:"
    return "\n".join([head, *lines[:SHOWN], *more, ADVICE]) if lines else ""


def _conflict(job: Planned, experiment: str) -> Iterator[str]:
    log = job_logs.read(job.outputs[0])
    if log is None or (writer := log["run"].get("experiment", "")) == experiment or not job.outputs[0].is_file():
        return
    before, now = log["record"]["config"], json.loads(job.params["cfg"])
    if keys := list(differing_keys("", before, now)):
        differences = ", ".join(f"{key} ({_value(before, key)} there, {_value(now, key)} here)" for key in keys)
        yield f"  {job.outputs[0]}, made by {writer or 'config.yaml alone'}: {differences}"


def _value(config: dict, key: str) -> str:
    """Write the value at a dotted key."""
    value: object = config
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return json.dumps(value)
