"""A run reports the number of each job, the pace, the time left and, at the end, what failed and why."""

from pathlib import Path

import pytest

from robustloc.jobs.progress import Progress

JOBS = {"train": 2, "attack": 30, "all": 1, "total": 33}
SECONDS = {"train": 600.0, "attack": 20.0}


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


@pytest.mark.parametrize(
    ("elapsed_s", "words"),
    [(150, "0.8 a minute, about 2 min"), (300, "0.4 a minute, about 3 min"), (600, "0.2 a minute, about 5 min")],
)
def test_pace(run: Progress, clock: Clock, elapsed_s: float, words: str) -> None:
    """The measured pace extends to the remaining work, weighted slightly towards the expected seconds."""
    for job in (1, 2):
        run.start(job, "train", "Train")
    clock.now += elapsed_s
    for job in (1, 2):
        run.finish(job)

    # 600 s of work are left for two slots; 1200 s were done in 2 x elapsed, and 120 s count as expected
    assert f"about {600 * (2 * elapsed_s + 120) / (1200 + 120) / 2 / 60:.0f} min" in words
    assert run.start(4, "attack", "Attack") == f"2 of 33 done, {words} to go | Attack (attack 1 of 30)"


def test_unknown_sizes(clock: Clock) -> None:
    """If the seconds are of other jobs, only their ratios count, and no time is estimated before a job is done."""
    run = Progress(JOBS, SECONDS, 2, is_known=False, clock=clock)
    assert run.start(1, "train", "Train") == "0 of 33 done | Train (train 1 of 2)"
    clock.now += 1200
    run.finish(1)

    # 600 of 1800 expected seconds took 1200
    assert run.start(2, "train", "Train") == "1 of 33 done, 0.1 a minute, about 40 min to go | Train (train 2 of 2)"


def test_numbers_are_of_the_rule(run: Progress) -> None:
    """Jobs are numbered by rule; a job that is tried again keeps its number."""
    run.start(1, "attack", "A")
    run.start(2, "attack", "B")
    run.start(3, "train", "C")
    run.fail(1, [Path("a.log")])

    assert run.start(1, "attack", "A").endswith("| A (attack 1 of 30, again)")
    assert run.start(4, "attack", "D").endswith("| D (attack 3 of 30)")


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


def test_many_failures(run: Progress) -> None:
    """Of many failures, ten are listed."""
    for job in range(12):
        run.start(job, "attack", f"Attack {job}")
        run.fail(job, [])

    text = run.failures()

    assert "Attack 9" in text
    assert "Attack 10" not in text
    assert "… and 2 more" in text
