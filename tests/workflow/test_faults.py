"""Snakemake itself is killed, interrupted, or started twice: the next run ends as if nothing had happened."""

import base64
import os
import signal
from pathlib import Path

from workflow_faults import (
    RESULTS,
    SETS,
    at_work,
    contents,
    copied,
    copies,
    jobs,
    log,
    results,
    running,
    stopped,
    take_away,
    times,
    until,
)
from workflow_project import SMOKE, Project

TRAINED = ["indoor/dcnn/none/seed0/checkpoint.pt", "indoor/dcnn/none/seed0/training.csv"]
FGSM = "indoor/dcnn/none/seed0/fgsm/eps0.002.parquet"
WAITING = "waiting for another process"


def made(before: dict[str, int], project: Project) -> set[str]:
    """Results that were put in their place since."""
    return {name for name, time in times(project).items() if time != before.get(name)}


def unfinished(project: Project) -> set[str]:
    """Results of jobs that Snakemake has started and not seen end."""
    marks = [mark.name for mark in (project.folder / ".snakemake/incomplete").iterdir() if mark.is_file()]
    files = [Path(base64.b64decode(name).decode()) for name in marks if name != "migration_underway"]
    return {str(file.relative_to(RESULTS)) for file in files}


def halfway(project: Project) -> bool:
    """Some sets are made, and one is being made."""
    return bool(results(project).keys() & set(SETS)) and bool(copies(project))


def test_killed_snakemake(finished: Project, tmp_path: Path) -> None:
    """Nothing goes on without Snakemake; the lock is told of, and once it is gone only what is missing is made."""
    project = copied(finished, tmp_path)
    targets = take_away(project, *SETS)
    with running(project, "--", *targets) as run:
        until(lambda: halfway(project))
        command = next(iter(copies(project).values())).cmdline()
        os.kill(run.main.pid, signal.SIGKILL)
        run.ended()
        until(lambda: not at_work(project), seconds=5)
        (socket,) = (Path(word) for word in command if word.endswith("/socket"))
        assert not socket.parent.exists()
    before, missing = times(project), set(SETS) - results(project).keys()

    refused = project.snakemake("--configfile", SMOKE, "--", *targets)
    assert refused.returncode != 0
    assert "Directory cannot be locked" in refused.stderr
    assert "--unlock" in refused.stderr
    project.run("--configfile", SMOKE, "--unlock")
    due = missing | unfinished(project)
    assert due < set(SETS)
    project.run("--configfile", SMOKE, "--", *targets)

    assert made(before, project) == due
    assert contents(project) == contents(finished)


def test_interrupted(finished: Project, tmp_path: Path) -> None:
    """Ctrl-C ends everything without a lock, and the next run makes only what is missing."""
    project = copied(finished, tmp_path)
    targets = take_away(project, *SETS)
    with running(project, "--", *targets) as run:
        until(lambda: halfway(project))
        os.killpg(run.main.pid, signal.SIGINT)
        assert run.ended() != 0
        until(lambda: not at_work(project), seconds=5)
    before, missing = times(project), set(SETS) - results(project).keys()
    due = missing | unfinished(project)
    assert due < set(SETS)

    project.run("--configfile", SMOKE, "--", *targets)

    assert made(before, project) == due
    assert contents(project) == contents(finished)


def test_outlived_snakemake(finished: Project, tmp_path: Path) -> None:
    """A training that goes on after its Snakemake was killed is waited for, as both would write into one folder."""
    project = copied(finished, tmp_path)
    targets, job = take_away(project, *TRAINED), "indoor/dcnn/none/seed0/train"
    with running(project, "--", *targets) as killed:
        until(lambda: any(name.endswith("/last.ckpt") for name in results(project)))
        left = jobs(project)[job]
        os.kill(killed.main.pid, signal.SIGKILL)
        killed.ended()
        for process in left:
            process.suspend()  # or it might end first
        project.run("--configfile", SMOKE, "--unlock")
        with running(project, "--", *targets) as run:
            until(lambda: WAITING in log(project, job))
            for process in left:
                process.resume()
            assert run.ended() == 0

    assert contents(project) == contents(finished)


def test_second_snakemake(finished: Project, tmp_path: Path) -> None:
    """A second run for the same files is refused; with its lock deleted by another, it waits for what is being made."""
    project = copied(finished, tmp_path)
    targets, other = take_away(project, *SETS), take_away(project, "indoor/dcnn/none/seed0/square/eps0.002.parquet")
    with running(project, "--", *targets) as first:
        job, copy = until(lambda: stopped(project))
        refused = project.snakemake("--configfile", SMOKE, "--", *targets)
        assert refused.returncode != 0
        assert "Directory cannot be locked" in refused.stderr
        until(lambda: len(set(SETS) - results(project).keys()) == 1)
        project.run("--configfile", SMOKE, "--", *other)

        with running(project, "--", *targets) as second:
            until(lambda: WAITING in log(project, job))
            copy.resume()
            assert first.ended() == 0
            assert second.ended() == 0

    assert contents(project) == contents(finished)


def test_two_without_locks(finished: Project, tmp_path: Path) -> None:
    """Two runs for the same files at once leave whole files alone; one of them may have to be started again."""
    project, everything = copied(finished, tmp_path), contents(finished)
    names = ["indoor/split.parquet", "indoor/test.parquet", "indoor/manifest.json", *TRAINED, FGSM]
    targets = take_away(project, *names)
    untouched = times(project)
    with running(project, "--nolock", "--", *targets) as one, running(project, "--nolock", "--", *targets) as other:
        one.ended()  # either may have failed, as each Snakemake deletes what it is about to make
        other.ended()
    assert all(everything.get(name, content) == content for name, content in contents(project).items())

    project.run("--configfile", SMOKE, "--", *targets)

    assert made(untouched, project) == set(names)
    assert contents(project) == everything
    project.run("--configfile", SMOKE, "--", "verify")
