"""Snakemake is killed, interrupted, or started twice: the next run ends with the results of an undisturbed run."""

import base64
import os
import signal
from pathlib import Path

from waiting import until
from workflow_faults import (
    RESULTS,
    SETS,
    at_work,
    contents,
    copied,
    forks,
    half,
    log,
    not_orphaned,
    results,
    running,
    suspended_fork,
    suspended_stage,
    take_away,
    times,
)
from workflow_project import SMOKE, Project

TRAINED = ["indoor/dcnn/none/seed0/checkpoint.pt", "indoor/dcnn/none/seed0/training.csv"]
FGSM = "indoor/dcnn/none/seed0/fgsm/eps0.002.parquet"
WAITING = "waiting for another process"


def made(before: dict[str, int], project: Project) -> set[str]:
    """Results that were put in place since then."""
    return {name for name, time in times(project).items() if time != before.get(name)}


def unfinished(project: Project) -> set[str]:
    """Results of jobs that Snakemake started but did not see ending."""
    marks = [mark.name for mark in (project.folder / ".snakemake/incomplete").iterdir() if mark.is_file()]
    files = [Path(base64.b64decode(name).decode()) for name in marks if name != "migration_underway"]
    return {str(file.relative_to(RESULTS)) for file in files}


def halfway(project: Project) -> bool:
    """Run until Snakemake has seen the end of some sets and a job is making another one."""
    return bool((results(project).keys() & set(SETS)) - unfinished(project)) and bool(forks(project))


def test_killed_snakemake(finished: Project, tmp_path: Path) -> None:
    """No job outlives Snakemake; the next run names the lock, and after --unlock it makes only what is missing."""
    project = copied(finished, tmp_path)
    targets = take_away(project, *SETS)
    with running(project, "--", *targets) as run:
        until(lambda: halfway(project))
        os.kill(run.main.pid, signal.SIGKILL)
        run.ended()
        until(lambda: not at_work(project))
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
    """Ctrl-C ends all processes and leaves no lock; the next run makes only what is missing."""
    project = copied(finished, tmp_path)
    targets = take_away(project, *SETS)
    with running(project, "--", *targets) as run:
        until(lambda: halfway(project))
        os.killpg(run.main.pid, signal.SIGINT)
        assert run.ended() != 0
        until(lambda: not at_work(project))
    before, missing = times(project), set(SETS) - results(project).keys()
    due = missing | unfinished(project)
    assert due < set(SETS)

    project.run("--configfile", SMOKE, "--", *targets)

    assert made(before, project) == due
    assert contents(project) == contents(finished)


def test_outlived_snakemake(finished: Project, tmp_path: Path) -> None:
    """A training outlives its killed Snakemake; the next run waits for it, because both write into one folder."""
    project = copied(finished, tmp_path)
    targets, job = take_away(project, *TRAINED), "indoor/dcnn/none/seed0/train"
    with running(project, "--", *targets) as killed, not_orphaned(killed.main.pid):
        left = until(lambda: suspended_stage(project, job, half(project, TRAINED[1]).exists))
        os.kill(killed.main.pid, signal.SIGKILL)
        killed.ended()
        project.run("--configfile", SMOKE, "--unlock")
        with running(project, "--", *targets, served=True) as run:
            until(lambda: WAITING in log(project, job) or run.main.poll() is not None)
            assert WAITING in log(project, job), run.printed()
            left.resume()
            assert run.ended() == 0

    assert contents(project) == contents(finished)


def test_second_snakemake(finished: Project, tmp_path: Path) -> None:
    """A second run for the same files is refused; if its lock was deleted, it waits for the running job."""
    project = copied(finished, tmp_path)
    targets, other = take_away(project, *SETS), take_away(project, "indoor/dcnn/none/seed0/square/eps0.002.parquet")
    with running(project, "--", *targets) as first:
        job, fork = until(lambda: suspended_fork(project))
        refused = project.snakemake("--configfile", SMOKE, "--", *targets)
        assert refused.returncode != 0
        assert "Directory cannot be locked" in refused.stderr
        until(lambda: len(set(SETS) - results(project).keys()) == 1)
        project.run("--configfile", SMOKE, "--", *other)

        with running(project, "--", *targets) as second:
            until(lambda: WAITING in log(project, job))
            fork.resume()
            assert first.ended() == 0
            assert second.ended() == 0

    assert contents(project) == contents(finished)


def test_two_without_locks(finished: Project, tmp_path: Path) -> None:
    """Two simultaneous runs for the same files leave only whole files; one of them may need a restart."""
    project, everything = copied(finished, tmp_path), contents(finished)
    names = ["indoor/split.parquet", "indoor/test.parquet", "indoor/manifest.json", *TRAINED, FGSM]
    targets = take_away(project, *names)
    untouched = times(project)
    run = ("--nolock", "--", *targets)
    with running(project, *run, served=True) as one, running(project, *run, served=True) as other:
        one.ended()  # each may have failed, because each Snakemake deletes the files that it is about to make
        other.ended()
    assert all(everything.get(name, content) == content for name, content in contents(project).items())

    project.run("--configfile", SMOKE, "--", *targets)

    assert made(untouched, project) == set(names)
    assert contents(project) == everything
    project.run("--configfile", SMOKE, "--", "verify")
