"""Messages of a run: which job of how many starts, how fast jobs end, how much time is left; at the end what failed."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from robustloc.jobs import forecast

# weight of the expected times, in seconds of measured time; it keeps the estimate stable after few jobs
TRUST_S = 60.0
# what must be done before the pace is measured: jobs, and their share of the expected seconds
FEWEST, SHARE = 4, 0.05
# failures that are listed, and lines of each log
FAILURES, LINES = 10, 5
# the first line of an error: of a stage, or the last line of Python's traceback
ERROR = re.compile(r"error: |[A-Za-z_][\w.]*(Error|Exception|Interrupt)\b")


@dataclass
class Started:
    """A job that was started: its rule, its number among the jobs of the rule, its message, its times, its state."""

    rule: str
    number: int
    message: str
    begun_s: float
    ended_s: float | None = None
    has_failed: bool = False
    logs: list[Path] = field(default_factory=list)


class Progress:
    """Jobs of one run.

    Args:
        jobs: by rule, how many; and ``total``.
        seconds: by rule, what a job is expected to take [s].
        slots: how many jobs run at once.
        is_known: the expected seconds fit this experiment; otherwise only the ratios between rules do.
        chains: by number of each job, the expected length of the longest chain of jobs that starts with it [s].
        clock: returns seconds that never decrease.
    """

    def __init__(
        self,
        jobs: Mapping[str, int],
        seconds: Mapping[str, float],
        slots: int,
        is_known: bool = True,
        chains: Mapping[int, float] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._jobs, self._seconds, self._slots, self._clock = jobs, seconds, slots, clock
        self._is_known, self._chains, self._begun = is_known, chains or {}, clock()
        self._started: dict[int, Started] = {}
        self._said = ""

    def start(self, job: int, rule: str, message: str) -> str:
        """Note that a job starts; return a line about it. A job that is tried again keeps its number.

        The line begins with the state of the run, unless the last line had the same.
        """
        same = [one for one in self._started.values() if one.rule == rule]
        begun = self._started.setdefault(job, Started(rule, len(same) + 1, message, self._clock()))
        begun.begun_s = self._clock()
        again = ", again" if begun.has_failed else ""
        said, self._said = self._said, self._so_far()
        state = "" if said == self._said else f"{self._said} | "
        return f"{state}{message} ({rule} {begun.number} of {self._jobs.get(rule, begun.number)}{again})"

    def finish(self, job: int) -> None:
        """Note that a job is done."""
        if job in self._started:
            self._started[job].ended_s = self._clock()

    def fail(self, job: int, logs: list[Path]) -> None:
        """Note that a job failed; Snakemake may try it again."""
        if job in self._started:
            self._started[job].has_failed, self._started[job].logs = True, logs

    def failures(self) -> str:
        """List failed jobs with the last lines of their logs, and count the jobs not run; empty if no job failed."""
        failed = [one for one in self._started.values() if one.has_failed and one.ended_s is None]
        waiting = self._jobs["total"] - len(self._done()) - len(failed)
        parts = ["\n".join([one.message, *map(_ending, one.logs)]) for one in failed[:FAILURES]]
        more = [f"… and {len(failed) - FAILURES} more"] * (len(failed) > FAILURES)
        rest = f"; {waiting} other job{'s' * (waiting > 1)} not run" if waiting else ""
        head = f"Failed: {len(failed)} of {self._jobs['total']} jobs{rest}."
        tail = "Run the same command again after fixing the cause; finished jobs are kept."
        return "\n\n".join([head, *parts, *more, tail]) if failed else ""

    def _done(self) -> list[Started]:
        return [one for one in self._started.values() if one.ended_s is not None]

    def _so_far(self) -> str:
        """Write how many jobs are done, how many per minute, and how long the others take."""
        elapsed, done = self._clock() - self._begun, self._done()
        parts = [f"{len(done)} of {self._jobs['total']} done"]
        if len(done) >= FEWEST and elapsed:
            per_minute = 60 * len(done) / elapsed
            parts.append(f"{per_minute:.{0 if per_minute >= 10 else 1}f} a minute")
        if pace := self._pace(done):
            parts.append(f"{forecast.words(self._left_s(pace))} to go")
        return ", ".join(parts)

    def _expected_s(self, jobs: Iterable[Started]) -> float:
        return sum(self._seconds.get(one.rule, 0) for one in jobs)

    def _pace(self, done: list[Started]) -> float | None:
        """Return measured seconds per expected second; None while this is not known."""
        total_s = sum(count * self._seconds.get(rule, 0) for rule, count in self._jobs.items())
        done_s = self._expected_s(done)
        if len(done) < FEWEST or done_s < SHARE * total_s or not done_s:
            return 1.0 if self._is_known and total_s else None
        trust = TRUST_S * self._is_known
        measured_s = sum(one.ended_s - one.begun_s for one in done if self._seconds.get(one.rule))
        return (measured_s + trust) / (done_s + trust)

    def _left_s(self, pace: float) -> float:
        """Return how long the jobs that are not done take at a pace: all of them together, or their longest chain."""
        running = {job: one for job, one in self._started.items() if one.ended_s is None}
        past = {job: min(self._clock() - one.begun_s, pace * self._expected_s([one])) for job, one in running.items()}
        expected_s = sum(count * self._seconds.get(rule, 0) for rule, count in self._jobs.items())
        left = pace * (expected_s - self._expected_s(self._done())) - sum(past.values())
        ended = self._started.keys() - running.keys()
        waiting = [pace * length - past.get(job, 0) for job, length in self._chains.items() if job not in ended]
        return max([left / self._slots, *waiting])


def notes(logs: list[Path]) -> list[str]:
    """Return the lines of a job's logs that begin with ``note: ``: users should see them although the job succeeded."""
    texts = [log.read_bytes().decode(errors="replace") for log in logs if log.is_file()]
    return [line for text in texts for line in text.splitlines() if line.startswith("note: ")]


def _ending(log: Path) -> str:
    """Return the error at the end of a log and what follows it; without an error, the last lines.

    Of a progress bar, which overwrites its line, it is the last state.
    """
    try:
        text = log.read_bytes().decode(errors="replace")
    except OSError:
        return f"    {log}: cannot be read"
    lines = [line.rstrip().split("\r")[-1] for line in text.split("\n") if line.strip()]
    last = max(len(lines) - LINES, 0)
    first = min([last, *[i for i, line in enumerate(lines) if ERROR.match(line)][-1:]])
    return "\n".join([f"    {log} ends:", *(f"        {line}" for line in lines[first:][:LINES] or ["(it is empty)"])])
