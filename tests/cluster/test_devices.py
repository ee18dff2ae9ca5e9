"""GPUs of one allocation, each held by one job at a time."""

import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from workflow_project import ROOT

# prints its GPU, and keeps it until its input ends
JOB = """
import os, sys
from robustloc.jobs import gpu_lock
with gpu_lock.claimed():
    print(os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str | None], subprocess.Popen]]:
    """Start jobs that share a folder of locks and get the GPUs of the allocation; all have ended at the end."""
    jobs = []

    def started(gpus: str | None) -> subprocess.Popen:
        environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tmp_path)}
        environment.pop("CUDA_VISIBLE_DEVICES", None)
        environment |= {"CUDA_VISIBLE_DEVICES": gpus} if gpus is not None else {}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        jobs.append(subprocess.Popen([sys.executable, "-c", JOB], env=environment, **pipes))
        return jobs[-1]

    yield started
    for job in jobs:
        with job:  # closes its pipes and waits
            job.kill()


def claimed(job: subprocess.Popen) -> str:
    """The GPU of a job; waits until the job has one."""
    return job.stdout.readline().strip()


def waits(job: subprocess.Popen) -> bool:
    """Whether a job has no GPU after a second. On a busy machine this can miss a claimed GPU, but never invent one."""
    return not select.select([job.stdout], [], [], 1)[0]


@pytest.mark.parametrize("end", ["done", "killed"])
def test_two_gpus(start: Callable[[str | None], subprocess.Popen], end: str) -> None:
    """Two jobs at once have different GPUs. A third job waits until one of them ends, killed or not."""
    first, second = start("0,1"), start("0,1")
    gpus = [claimed(first), claimed(second)]
    third = start("0,1")

    assert sorted(gpus) == ["0", "1"]
    assert waits(third)
    if end == "killed":
        first.kill()
    else:
        first.stdin.close()
    assert claimed(third) == gpus[0]


@pytest.mark.parametrize("gpus", ["0", "", None])
def test_nothing_to_choose(start: Callable[[str | None], subprocess.Popen], gpus: str | None) -> None:
    """If no GPU or one GPU is visible, jobs do not wait for each other: the scheduler counts GPUs."""
    assert [claimed(start(gpus)), claimed(start(gpus))] == [str(gpus)] * 2
