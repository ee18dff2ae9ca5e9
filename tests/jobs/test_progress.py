"""A run reports the number of each job, the pace, the time left and, at the end, what failed and why."""

from itertools import count as counted
from itertools import islice
from pathlib import Path

import pytest

from robustloc.jobs.progress import Progress

JOBS = {"train": 2, "attack": 30, "all": 1, "total": 33}
SECONDS = {"train": 600.0, "attack": 20.0}
# of jobs that a test does not name
NUMBERS = counted(1000)


class Clock:
    """A clock that moves only when a test sets it."""

    now = 100.0

    def __call__(self) -> float:
        """Return the time [s]."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that the test controls."""
    return Clock()


@pytest.fixture
def run(clock: Clock) -> Progress:
    """A run of 1800 expected seconds, two jobs at once."""
    return Progress(JOBS, SECONDS, 2, clock=clock)


def test_before_anything_is_done(run: Progress) -> None:
    """Before any job is done, the estimate uses the expected seconds, and there is no rate."""
    assert run.start(7, "train", "Train dcnn") == "0 of 33 done, about 15 min to go | Train dcnn (train 1 of 2)"


def done(run: Progress, clock: Clock, rule: str, seconds: float, count: int) -> None:
    """Run some jobs of a rule one after the other, each in the same time."""
    for job in islice(NUMBERS, count):
        run.start(job, rule, "")
        clock.now += seconds
        run.finish(job)


@pytest.mark.parametrize("seconds", [1, 20, 1000])
def test_first_jobs_say_nothing(run: Progress, clock: Clock, seconds: float) -> None:
    """After three jobs, however fast or slow, the time left is the expected one, and there is no rate."""
    done(run, clock, "attack", seconds, 3)

    assert run.start(1, "train", "Train") == "3 of 33 done, about 14 min to go | Train (train 1 of 2)"


@pytest.mark.parametrize(("seconds", "words"), [(10, "6.0 a minute, about 7 min"), (60, "1.0 a minute, about 33 min")])
def test_pace(run: Progress, clock: Clock, seconds: float, words: str) -> None:
    """The measured pace extends to the remaining work, weighted slightly towards the expected seconds."""
    done(run, clock, "attack", seconds, 15)

    # 300 of 1800 expected seconds are done, and 60 s count as expected; two slots share the rest
    pace = (15 * seconds + 60) / (300 + 60)
    assert f"about {1500 * pace / 2 / 60:.0f} min" in words
    assert run.start(1, "train", "Train") == f"15 of 33 done, {words} to go | Train (train 1 of 2)"


def test_running_jobs_count(run: Progress, clock: Clock) -> None:
    """What a running job has done is not left; one that takes longer than expected has nothing left."""
    run.start(1, "train", "Train")
    clock.now += 300
    assert "about 12 min to go" in run.start(2, "attack", "Attack")
    clock.now += 3000
    assert "about 10 min to go" in run.start(3, "attack", "Attack")


def test_longest_chain(clock: Clock) -> None:
    """With many slots, the longest chain of jobs that is not done decides, at the measured pace."""
    chains = {1: 1200, 2: 600} | dict.fromkeys(range(3000, 3030), 20)
    run = Progress(JOBS, SECONDS, 64, chains=chains, clock=clock)
    assert "about 20 min to go" in run.start(1, "train", "Train")
    clock.now += 600
    assert "about 10 min to go" in run.start(7, "attack", "Attack")
    run.finish(1)
    assert "about 10 min to go" in run.start(2, "train", "Train")


def test_unknown_sizes(clock: Clock) -> None:
    """If the seconds are of other jobs, no time is estimated before some jobs are done; then their ratios count."""
    run = Progress(JOBS, SECONDS, 1, is_known=False, clock=clock)
    assert run.start(1, "train", "Train") == "0 of 33 done | Train (train 1 of 2)"
    run.finish(1)
    done(run, clock, "attack", 40, 2)
    assert run.start(2, "train", "Train") == "3 of 33 done | Train (train 2 of 2)"
    run.finish(2)
    done(run, clock, "attack", 40, 5)

    # 1340 of 1800 expected seconds took 280 s
    assert "about 2 min to go" in run.start(3, "attack", "Attack")


def test_nothing_is_said_twice(run: Progress, clock: Clock) -> None:
    """The state of a run is printed when it changes."""
    assert run.start(1, "attack", "A") == "0 of 33 done, about 15 min to go | A (attack 1 of 30)"
    assert run.start(2, "attack", "B") == "B (attack 2 of 30)"
    run.finish(1)
    assert run.start(3, "attack", "C") == "1 of 33 done, about 15 min to go | C (attack 3 of 30)"


def test_numbers_are_of_the_rule(run: Progress) -> None:
    """Jobs are numbered by rule; a job that is tried again keeps its number."""
    run.start(1, "attack", "A")
    run.start(2, "attack", "B")
    run.start(3, "train", "C")
    run.fail(1, [Path("a.log")])

    assert run.start(1, "attack", "A").endswith("A (attack 1 of 30, again)")
    assert run.start(4, "attack", "D").endswith("D (attack 3 of 30)")


def test_nothing_failed(run: Progress) -> None:
    """Without failures the summary is empty, even if a job succeeded only at its second attempt."""
    run.start(1, "attack", "A")
    assert run.failures() == ""

    run.fail(1, [Path("a.log")])
    run.start(1, "attack", "A")
    run.finish(1)

    assert run.failures() == ""


def test_failures(run: Progress, tmp_path: Path) -> None:
    """Each failure is listed with the end of its log; progress bars count as their last state."""
    log = tmp_path / "train.log"
    log.write_text("first\nsecond\nthird\nfourth\nepoch 1\repoch 2\repoch 3\n\nerror: the loss is no number\n")
    for job, rule, message in ((1, "train", "Train dcnn"), (2, "attack", "Attack it"), (3, "attack", "Attack again")):
        run.start(job, rule, message)
    run.fail(1, [log])
    run.fail(2, [tmp_path / "none.log"])
    run.finish(3)

    assert run.failures().split("\n") == [
        "Failed: 2 of 33 jobs; 30 other jobs not run.",
        "",
        "Train dcnn",
        f"    {log} ends:",
        "        second",
        "        third",
        "        fourth",
        "        epoch 3",
        "        error: the loss is no number",
        "",
        "Attack it",
        f"    {tmp_path / 'none.log'}: cannot be read",
        "",
        "Run the same command again after fixing the cause; finished jobs are kept.",
    ]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("error: a is missing\n\nscenarios:\n" + "  key: 1\n" * 9, "error: a is missing", "  key: 1"),
        ("Traceback:\n  File\nValueError: one\ntwo\nthree\nfour\nfive\nsix\n", "ValueError: one", "five"),
        ("torch.OutOfMemoryError: CUDA\n" + "hint\n" * 7, "torch.OutOfMemoryError: CUDA", "hint"),
        ("error: one\n" + "row\n" * 7 + "error: two\n" + "row\n" * 7, "error: two", "row"),
        ("no error here\n" + "row\n" * 7, "row", "row"),
        ("\n \n", "(it is empty)", "(it is empty)"),
    ],
)
def test_the_error_is_shown(run: Progress, tmp_path: Path, text: str, first: str, last: str) -> None:
    """The end of a log begins at its last error at the latest, whatever follows the error."""
    log = tmp_path / "a.log"
    log.write_text(text)
    run.start(1, "attack", "A")
    run.fail(1, [log])

    shown = [line.removeprefix(" " * 8) for line in run.failures().split("\n\n")[1].split("\n")[2:]]

    assert (shown[0], shown[-1]) == (first, last)
    assert len(shown) <= 5


def test_many_failures(run: Progress) -> None:
    """Of many failures, ten are listed."""
    for job in range(12):
        run.start(job, "attack", f"Attack {job}")
        run.fail(job, [])

    text = run.failures()

    assert "Attack 9" in text
    assert "Attack 10" not in text
    assert "… and 2 more" in text
