"""A run tells which job of how many it is at, how fast, how long still, and in the end what failed and why."""

from pathlib import Path

import pytest

from robustloc.jobs.progress import Progress

JOBS = {"train": 2, "attack": 30, "all": 1, "total": 33}
SECONDS = {"train": 600.0, "attack": 20.0}


class Clock:
    """A clock that stands still unless it is set."""

    now = 100.0

    def __call__(self) -> float:
        """Return the time [s]."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock of the test's own."""
    return Clock()


@pytest.fixture
def run(clock: Clock) -> Progress:
    """A run of 1800 expected seconds, two jobs at once."""
    return Progress(JOBS, SECONDS, 2, clock=clock)


def test_before_anything_is_done(run: Progress) -> None:
    """The expected seconds tell how long it takes; nothing has a rate yet."""
    assert run.start(7, "train", "Train dcnn") == "0 of 33 done, about 15 min to go | Train dcnn (train 1 of 2)"


@pytest.mark.parametrize(
    ("elapsed_s", "words"),
    [(150, "0.8 a minute, about 2 min"), (300, "0.4 a minute, about 3 min"), (600, "0.2 a minute, about 5 min")],
)
def test_pace(run: Progress, clock: Clock, elapsed_s: float, words: str) -> None:
    """Two thirds took so many seconds: the rest takes as long in proportion, drawn a little to what was expected."""
    for job in (1, 2):
        run.start(job, "train", "Train")
    clock.now += elapsed_s
    for job in (1, 2):
        run.finish(job)

    # 600 s of work are left for two at once; 1200 s were done in 2 x elapsed, and 120 s are believed as expected
    assert f"about {600 * (2 * elapsed_s + 120) / (1200 + 120) / 2 / 60:.0f} min" in words
    assert run.start(4, "attack", "Attack") == f"2 of 33 done, {words} to go | Attack (attack 1 of 30)"


def test_unknown_sizes(clock: Clock) -> None:
    """Where the seconds are of other jobs, only proportions count, and nothing is told before something is done."""
    run = Progress(JOBS, SECONDS, 2, is_known=False, clock=clock)
    assert run.start(1, "train", "Train") == "0 of 33 done | Train (train 1 of 2)"
    clock.now += 1200
    run.finish(1)

    # 600 of 1800 expected seconds took 1200
    assert run.start(2, "train", "Train") == "1 of 33 done, 0.1 a minute, about 40 min to go | Train (train 2 of 2)"


def test_numbers_are_of_the_rule(run: Progress) -> None:
    """A job that is tried again keeps its number."""
    run.start(1, "attack", "A")
    run.start(2, "attack", "B")
    run.start(3, "train", "C")
    run.fail(1, [Path("a.log")])

    assert run.start(1, "attack", "A").endswith("| A (attack 1 of 30, again)")
    assert run.start(4, "attack", "D").endswith("| D (attack 3 of 30)")


def test_nothing_failed(run: Progress) -> None:
    """Without failures there is nothing to say, also if a job succeeded at its second attempt."""
    run.start(1, "attack", "A")
    assert run.failures() == ""

    run.fail(1, [Path("a.log")])
    run.start(1, "attack", "A")
    run.finish(1)

    assert run.failures() == ""


def test_failures(run: Progress, tmp_path: Path) -> None:
    """Each failure is told with the end of its log, in which progress bars count as what they showed last."""
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
    """Of many failures ten are told."""
    for job in range(12):
        run.start(job, "attack", f"Attack {job}")
        run.fail(job, [])

    text = run.failures()

    assert "Attack 9" in text
    assert "Attack 10" not in text
    assert "… and 2 more" in text
