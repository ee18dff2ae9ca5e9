"""Messages of a run: which job of how many starts, how fast jobs end, how much time is left; at the end what failed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from robustloc.jobs import forecast

# weight of the expected times, in seconds of measured time; it keeps the estimate stable after few jobs
TRUST_S = 60.0
# failures that are listed, and lines of each log
FAILURES, LINES = 10, 5


@dataclass
class Started:
    """A job that was started: its rule, its number among the jobs of the rule, its message, its state."""

    rule: str
    number: int
    message: str
    is_done: bool = False
    has_failed: bool = False
    logs: list[Path] = field(default_factory=list)


class Progress:
    """Jobs of one run.

    Args:
        jobs: by rule, how many; and ``total``.
        seconds: by rule, what a job is expected to take [s].
        slots: how many jobs run at once.
        is_known: the expected seconds fit this experiment; otherwise only the ratios between rules do.
        clock: returns seconds that never decrease.
    """

    def __init__(
        self,
        jobs: Mapping[str, int],
        seconds: Mapping[str, float],
        slots: int,
        is_known: bool = True,
        *,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._jobs, self._seconds, self._slots, self._clock = jobs, seconds, slots, clock
        self._is_known, self._begun = is_known, clock()
        self._started: dict[int, Started] = {}

    def start(self, job: int, rule: str, message: str) -> str:
        """Note that a job starts; return a line about it. A job that is tried again keeps its number."""
        same = [one for one in self._started.values() if one.rule == rule]
        begun = self._started.setdefault(job, Started(rule, len(same) + 1, message))
        again = ", again" if begun.has_failed else ""
        return f"{self._so_far()} | {message} ({rule} {begun.number} of {self._jobs.get(rule, begun.number)}{again})"

    def finish(self, job: int) -> None:
        """Note that a job is done."""
        if job in self._started:
            self._started[job].is_done = True

    def fail(self, job: int, logs: list[Path]) -> None:
        """Note that a job failed; Snakemake may try it again."""
        if job in self._started:
            self._started[job].has_failed, self._started[job].logs = True, logs

    def failures(self) -> str:
        """List failed jobs with the last lines of their logs, and count the jobs not run; empty if no job failed."""
        failed = [one for one in self._started.values() if one.has_failed and not one.is_done]
        waiting = self._jobs["total"] - self._done() - len(failed)
        parts = ["\n".join([one.message, *map(_ending, one.logs)]) for one in failed[:FAILURES]]
        more = [f"… and {len(failed) - FAILURES} more"] * (len(failed) > FAILURES)
        rest = f"; {waiting} other job{'s' * (waiting > 1)} not run" if waiting else ""
        head = f"Failed: {len(failed)} of {self._jobs['total']} jobs{rest}."
        tail = "Run the same command again after fixing the cause; finished jobs are kept."
        return "\n\n".join([head, *parts, *more, tail]) if failed else ""

    def _done(self) -> int:
        return sum(one.is_done for one in self._started.values())

    def _so_far(self) -> str:
        """Write how many jobs are done, how many per minute, and how long the others take at this pace."""
        elapsed, done = self._clock() - self._begun, self._done()
        total_s = sum(count * self._seconds.get(rule, 0) for rule, count in self._jobs.items())
        done_s = sum(self._seconds.get(one.rule, 0) for one in self._started.values() if one.is_done)
        trust = TRUST_S * self._slots * self._is_known
        if not done_s + trust:
            return f"{done} of {self._jobs['total']} done"
        pace = (elapsed * self._slots + trust) / (done_s + trust)
        left = forecast.words((total_s - done_s) * pace / self._slots)
        per_minute = 60 * done / elapsed if done and elapsed else 0
        rate = f"{per_minute:.{0 if per_minute >= 10 else 1}f} a minute, " if done else ""
        return f"{done} of {self._jobs['total']} done, {rate}{left} to go"


def notes(logs: list[Path]) -> list[str]:
    """Return the lines of a job's logs that begin with ``note: ``: users should see them although the job succeeded."""
    texts = [log.read_bytes().decode(errors="replace") for log in logs if log.is_file()]
    return [line for text in texts for line in text.splitlines() if line.startswith("note: ")]


def _ending(log: Path) -> str:
    """Return the last lines of a log; of a progress bar, which overwrites its line, the last state."""
    try:
        text = log.read_bytes().decode(errors="replace")
    except OSError:
        return f"    {log}: cannot be read"
    lines = [line.rstrip().split("\r")[-1] for line in text.split("\n") if line.strip()]
    return "\n".join([f"    {log} ends:", *(f"        {line}" for line in lines[-LINES:] or ["(it is empty)"])])
