"""Jobs that are killed leave nothing that a later run could take for a result."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from workflow_faults import (
    RESULTS,
    SETS,
    at_work,
    contents,
    copied,
    half,
    jobs,
    log,
    running,
    stopped,
    take_away,
    times,
    until,
)
from workflow_project import SMOKE, Project

from robustloc.jobs import fork_server

# enough users that writing takes a while
LARGE = {
    "raw": {"rows": 60},
    "users": {"rows": [1, 60], "column_step": 1},
    "channel": {"antennas": 64, "subcarriers": 64},
    "shards": 1,
}


def stage(project: Project, job: str) -> psutil.Process | None:
    """The process of a job's own work, or of what waits for it, if it runs."""
    return next((one for one in jobs(project).get(job, []) if one.cmdline()[1:3] == ["-m", "robustloc.jobs"]), None)


def test_killed_shard(fresh: Project) -> None:
    """A shard killed halfway is made again, to the byte as without the kill; with --keep-incomplete as well."""
    overlay = fresh.overlay({"scenarios": {"outdoor": LARGE}})
    name = "outdoor/adp/shard-0.parquet"
    shard = fresh.folder / RESULTS / name
    begun = half(fresh, "outdoor/adp/shard-0")

    for options in ([], ["--keep-incomplete"]):
        with running(fresh, overlay, *options, "--", str(RESULTS / name)) as run:
            until(lambda: begun.exists() and begun.stat().st_size < 1_000_000)  # emptied of what the last one left
            until(lambda: begun.stat().st_size > 1_000_000)
            stage(fresh, "outdoor/shard-0").kill()
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
    """A training that was killed between two epochs goes on, and ends with the bytes of an undisturbed one."""
    overlay = fresh.overlay({"training": {"epochs": 30}})
    place = "indoor/dcnn/none/seed0"
    checkpoint, job = f"{place}/checkpoint.pt", f"{place}/train"
    with running(fresh, overlay, "--", str(RESULTS / checkpoint)) as run:
        until(lambda: "epoch 4/30" in log(fresh, job))  # by then the third is saved
        stage(fresh, job).kill()
        assert run.ended() != 0
    before = times(fresh)
    assert checkpoint not in before
    assert any(name.endswith("/last.ckpt") for name in before)

    def run_again() -> dict[str, bytes]:
        fresh.run("--configfile", SMOKE, overlay, "--", str(RESULTS / checkpoint))
        return contents(fresh)

    resumed = run_again()
    assert "epoch 3/30" not in log(fresh, job)
    assert {name for name, time in times(fresh).items() if time != before.get(name)} == {
        checkpoint,
        f"{place}/training.csv",
    }
    take_away(fresh, checkpoint)

    assert run_again() == resumed
    assert "epoch 3/30" in log(fresh, job)


def test_diverged_training(fresh: Project) -> None:
    """A training that diverges stops with a message, told again in the end with its log, and leaves no checkpoint."""
    cell = "results/smoke/indoor/dcnn/none/seed0"
    overlay = fresh.overlay({"training": {"learning_rate": 1.0e30}})

    done = fresh.snakemake("--configfile", SMOKE, overlay, "--", f"{cell}/clean.parquet")

    assert done.returncode != 0
    assert not (fresh.folder / cell / "checkpoint.pt").exists()
    during, _, end = done.stderr.partition("Failed: 1 of 5 jobs; 1 other job not run.\n")
    assert "training diverged in epoch 0" in during
    assert "Train dcnn (defence none, seed 0) on indoor\n" in end
    assert re.search(r"logs/indoor/dcnn/none/seed0/train\.log ends:\n(.*\n){1,5} +error: .*training diverged", end)
    # a line per job, and no command lines, which are pages long
    started = re.findall(r"^\[[\d:]{8}\] (\d) of 5 done.* \| (\w+) .*\)$", during, flags=re.MULTILINE)
    assert started == [("0", "Trace"), ("1", "Compute"), ("2", "Split"), ("3", "Train")]
    assert "python -m robustloc" not in done.stderr


def test_killed_attack(finished: Project, tmp_path: Path) -> None:
    """A killed attack takes its copy of the warm process along, and alone is made again; in whatever way it ran."""
    project = copied(finished, tmp_path)
    targets = take_away(project, *SETS)
    with running(project, "--", *targets) as run:
        job, copy = until(lambda: stopped(project))  # or it might end first
        origin = copy.parent()
        stage(project, job).kill()
        until(lambda: copy not in at_work(project), seconds=5)
        assert origin.is_running()
        assert run.ended() != 0
    before, everything = times(project), contents(finished)
    assert everything.keys() - before.keys() == {f"{job}.parquet"}

    half(project, job).unlink()  # to see when the next one is there
    with running(project, "--keep-incomplete", "--", *targets) as run:
        until(half(project, job).exists)
        stage(project, job).kill()
        assert run.ended() != 0
    assert half(project, job).exists()
    project.run("--configfile", SMOKE, "--", *targets)

    assert {name for name, time in times(project).items() if time != before.get(name)} == {f"{job}.parquet"}
    assert contents(project) == everything


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="there is no warm process on this system")
def test_warm_and_cold(finished: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job leaves the same bytes whether it is done by a copy of the warm process or by itself."""
    project = copied(finished, tmp_path)
    names = [f"indoor/dcnn/none/seed0/{file}" for file in ("checkpoint.pt", "apgd/eps0.002.parquet")]
    targets = take_away(project, *names)
    project.run("--configfile", SMOKE, "--", *targets)
    assert contents(project) == contents(finished)

    take_away(project, *names)
    address = Path(tempfile.mkdtemp(), "socket")  # short enough for the name of a socket
    monkeypatch.setenv("PYTHONPATH", str(project.folder / "src"))
    with subprocess.Popen(
        [sys.executable, "-m", "robustloc.jobs.fork_server", str(address), str(os.getpid()), "torch"]
    ) as process:
        until(address.exists)
        monkeypatch.setenv(fork_server.VARIABLE, f"{sys.prefix}|{address}")
        project.run("--configfile", SMOKE, "--", *targets)
        by_copies = psutil.Process(process.pid).cpu_times().children_user
        process.kill()
    address.unlink()
    address.parent.rmdir()

    assert by_copies > 1
    assert contents(project) == contents(finished)
