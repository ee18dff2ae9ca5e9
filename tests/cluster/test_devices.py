"""GPUs of one allocation, each held by one job at a time."""

import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from workflow_project import ROOT

# tells which GPU it has, and keeps it until its input ends
JOB = """
import os, sys
from robustloc import device
with device.claimed():
    print(os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str | None], subprocess.Popen]]:
    """Start jobs on a machine of their own, given the GPUs of the allocation; none is left at the end."""
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
        with job:  # which closes its pipes and waits
            job.kill()


def told(job: subprocess.Popen, seconds: float = 20) -> str | None:
    """What a job tells within a time, if anything."""
    ready, _, _ = select.select([job.stdout], [], [], seconds)
    return job.stdout.readline().strip() if ready else None


@pytest.mark.parametrize("end", ["done", "killed"])
def test_two_gpus(start: Callable[[str | None], subprocess.Popen], end: str) -> None:
    """Two jobs at once have different GPUs; a third waits for one, which it has when a job ends, killed or not."""
    first, second = start("0,1"), start("0,1")
    gpus = [told(first), told(second)]
    third = start("0,1")

    assert sorted(gpus) == ["0", "1"]
    assert told(third, 1) is None
    if end == "killed":
        first.kill()
    else:
        first.stdin.close()
    assert told(third) == gpus[0]


@pytest.mark.parametrize("gpus", ["0", "", None])
def test_nothing_to_choose(start: Callable[[str | None], subprocess.Popen], gpus: str | None) -> None:
    """Where no GPU or one is to be seen, jobs do not wait for each other: the scheduler counts them."""
    assert [told(start(gpus)), told(start(gpus))] == [str(gpus)] * 2
