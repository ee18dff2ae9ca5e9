"""The jobs of the smoke experiment: which jobs are due, and which jobs depend on given jobs."""

from collections.abc import Callable
from fnmatch import fnmatchcase

PLACE = "results/smoke/"
NOTHING: frozenset[str] = frozenset()


def files(job: dict) -> set[str]:
    """The outputs of a job, relative to the results of the smoke experiment."""
    return {file.removeprefix(PLACE) for file in job["outputs"]}


def due(jobs: list[dict]) -> set[str]:
    """The files of the due jobs."""
    return {file for job in jobs if job["is_due"] for file in files(job)}


def matching(*patterns: str) -> Callable[[dict], bool]:
    """A predicate: whether a job makes a file that one of some patterns describes; * matches any text."""
    return lambda job: any(fnmatchcase(file, pattern) for file in files(job) for pattern in patterns)


def following(jobs: list[dict], is_changed: Callable[[dict], bool]) -> set[str]:
    """The files of the changed jobs and of all their direct or indirect consumers; at least one job must change."""
    found: set[str] = set()
    stale = [job for job in jobs if is_changed(job)]
    assert stale, "the table names no job of the experiment"
    while stale:
        found.update(file for job in stale for file in job["outputs"])
        stale = [job for job in jobs if not found.isdisjoint(job["inputs"]) and not found.issuperset(job["outputs"])]
    return {file.removeprefix(PLACE) for file in found}
