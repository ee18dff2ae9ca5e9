"""Killed jobs leave no file that a later run could use as a result."""

import os
import re
from pathlib import Path

import job_server
import pytest
from waiting import until, until_ended
from workflow_faults import (
    RESULTS,
    SETS,
    contents,
    copied,
    half,
    log,
    running,
    stage,
    suspended_fork,
    suspended_stage,
    take_away,
    times,
)
from workflow_project import SMOKE, Project

from robustloc.jobs import fork_server

# with this many users, writing takes a while
LARGE = {
    "raw": {"rows": 15},
    "users": {"rows": [1, 15], "column_step": 1},
    "channel": {"antennas": 64, "subcarriers": 64},
    "shards": 1,
}


def test_killed_shard(fresh: Project) -> None:
    """After a kill halfway through a shard, the next run makes the same bytes, also with --keep-incomplete."""
    overlay = fresh.overlay({"scenarios": {"outdoor": LARGE}})
    name = "outdoor/adp/shard-0.parquet"
    shard = fresh.folder / RESULTS / name
    begun = half(fresh, name)

    def is_halfway() -> bool:
        return begun.exists() and begun.stat().st_size > 1_000_000

    for options in ([], ["--keep-incomplete"]):
        begun.unlink(missing_ok=True)  # to see the next one
        with running(fresh, overlay, *options, "--", str(RESULTS / name), served=True) as run:
            until(lambda: suspended_stage(fresh, "outdoor/shard-0", is_halfway)).kill()
            assert run.ended() != 0
        assert not shard.exists()
        assert begun.exists()
    before = times(fresh)

    def run_again() -> dict[str, bytes]:
        fresh.run("--configfile", SMOKE, overlay, "--", str(RESULTS / name))
        return contents(fresh)

    resumed = run_again()
    assert resumed.keys() == before.keys() - {f"outdoor/adp/{begun.name}"} | {name}
    assert {one for one, time in times(fresh).items() if time != before.get(one)} == {name}
    take_away(fresh, name)
    assert run_again() == resumed


def test_killed_training(fresh: Project) -> None:
    """A training that is killed between epochs resumes, and ends with the bytes of an undisturbed one."""
    overlay = fresh.overlay({"training": {"epochs": 8}})
    place = "indoor/dcnn/none/seed0"
    checkpoint, job = f"{place}/checkpoint.pt", f"{place}/train"
    with running(fresh, overlay, "--", str(RESULTS / checkpoint), served=True) as run:
        until(lambda: suspended_stage(fresh, job, lambda: "epoch 4/8" in log(fresh, job))).kill()  # saved is the third
        assert run.ended() != 0
    before = times(fresh)
    assert checkpoint not in before
    assert any(name.endswith("/last.ckpt") for name in before)

    def run_again() -> dict[str, bytes]:
        fresh.run("--configfile", SMOKE, overlay, "--", str(RESULTS / checkpoint))
        return contents(fresh)

    resumed = run_again()
    assert "epoch 3/8" not in log(fresh, job)
    assert {name for name, time in times(fresh).items() if time != before.get(name)} == {
        checkpoint,
        f"{place}/training.csv",
    }
    take_away(fresh, checkpoint)

    assert run_again() == resumed
    assert "epoch 3/8" in log(fresh, job)


def test_diverged_training(fresh: Project) -> None:
    """A diverging training stops with a message and leaves no checkpoint; the run shows message and log."""
    cell = "results/smoke/indoor/dcnn/none/seed0"
    overlay = fresh.overlay({"training": {"learning_rate": 1.0e30}})

    done = fresh.snakemake("--configfile", SMOKE, overlay, "--", f"{cell}/clean.parquet")

    assert done.returncode != 0
    assert not (fresh.folder / cell / "checkpoint.pt").exists()
    during, _, end = done.stderr.partition("Failed: 1 of 5 jobs; 1 other job not run.\n")
    assert "training diverged in epoch 0" in during
    assert "Train dcnn (defence none, seed 0) on indoor\n" in end
    assert re.search(r"logs/indoor/dcnn/none/seed0/train\.log ends:\n(.*\n){1,5} +error: .*training diverged", end)
    # one line per job; no command lines, which fill pages
    started = re.findall(r"^\[[\d:]{8}\] (\d) of 5 done.* \| (\w+) .*\)$", during, flags=re.MULTILINE)
    assert started == [("0", "Trace"), ("1", "Compute"), ("2", "Split"), ("3", "Train")]
    assert "python -m robustloc" not in done.stderr


def test_killed_attack(finished: Project, tmp_path: Path) -> None:
    """The fork of a killed attack ends, and the next run makes only that set; also without the fork server."""
    project = copied(finished, tmp_path)
    targets = take_away(project, *SETS)
    with running(project, "--", *targets) as run:
        job, fork = until(lambda: suspended_fork(project))
        server = fork.parent()
        stage(project, job).kill()
        until_ended(fork.pid)
        assert server.is_running()
        assert run.ended() != 0
    before, everything = times(project), contents(finished)
    assert everything.keys() - before.keys() == {f"{job}.parquet"}

    begun = half(project, f"{job}.parquet")
    begun.unlink()  # to see the next one
    with running(project, "--keep-incomplete", "--", *targets) as run:
        until(lambda: suspended_stage(project, job, begun.exists)).kill()
        assert run.ended() != 0
    assert begun.exists()
    project.run("--configfile", SMOKE, "--", *targets)

    assert {name for name, time in times(project).items() if time != before.get(name)} == {f"{job}.parquet"}
    assert contents(project) == everything


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="no fork server on this system")
def test_forked_and_not(finished: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job makes the same bytes in a fork of the server and in its own process."""
    project = copied(finished, tmp_path)
    names = [f"indoor/dcnn/none/seed0/{file}" for file in ("checkpoint.pt", "pgd_linf/eps0.002.parquet")]

    def made() -> int:
        targets = take_away(project, *names)
        before = job_server.forks(project.folder)
        project.run("--configfile", SMOKE, "--", *targets)
        assert contents(project) == contents(finished)
        return job_server.forks(project.folder) - before

    assert made() > 0, "no fork of the server has run a job"
    monkeypatch.delenv(fork_server.VARIABLE)
    assert made() == 0
