"""The profiles on a real Slurm of one node, which these tests start (see slurm.sh)."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import small
from waiting import until
from workflow_faults import contents, running, stage, take_away
from workflow_project import Project

from robustloc.base import job_logs

SCRIPT = Path(__file__).with_name("slurm.sh")
# unlike a cluster of many users, this one has no accounts and can be queried often
SLURM = (
    *("--workflow-profile", "profiles/slurm", "--slurm-no-account"),
    *("--slurm-init-seconds-before-status-checks", "1"),
)
GENERIC = ("--workflow-profile", "profiles/cluster-generic", "--seconds-between-status-checks", "1")


@pytest.fixture(scope="module", autouse=True)
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Slurm that runs only for these tests."""
    if os.getuid() != 0 or shutil.which("slurmctld") is None:
        pytest.skip("needs root and Slurm's daemons: tests/cluster/slurm.sh install")
    if Path("/etc/slurm/slurm.conf").exists():
        pytest.skip("this machine has a Slurm of its own")
    folder = tmp_path_factory.mktemp("slurm")
    try:
        subprocess.run([SCRIPT, "start", folder], check=True)
        yield
    finally:
        subprocess.run([SCRIPT, "stop", folder], check=True)


@pytest.fixture(scope="module")
def finished(local: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy whose localizer has been trained, attacked, examined and certified through the Slurm profile.

    The table of certificates, which needs no submission, is made, too; the other tables are the local ones.

    The profile's partition lines are in use. The data set is the local one: each job in a chain waits for Slurm.
    """
    project = local.copy(tmp_path_factory.mktemp("through") / "slurm")
    file = project.folder / "profiles/slurm/profile.yaml"
    offered = "slurm_partition|set-resources|train|attack|clean|slurm-status-command"
    file.write_text(re.sub(rf"^( *)# ( *)({offered}):", r"\1\2\3:", file.read_text(), flags=re.MULTILINE))
    own = [name for name in contents(project) if name.startswith(small.LOCALIZER)]
    targets = take_away(project, *own, small.TRANSFER, "tables/certified.csv")
    project.run(*SLURM, *small.arguments(project), "--", *targets)
    return project


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A copy of the finished project with its records; a test may delete results."""
    return finished.copy(tmp_path / "copy")


def jobs(project: Project) -> list[dict[str, str]]:
    """Slurm's records of a project's jobs, in the order of their numbers, with the rule's name as `rule`."""
    told = subprocess.run(["scontrol", "--oneliner", "show", "job"], capture_output=True, text=True, check=True).stdout
    found = [dict(re.findall(r"(\w+)=(\S*)", line)) for line in told.splitlines()]
    for job in found:
        job["rule"] = job["Comment"].split("_")[1] if "Comment" in job else job.get("JobName")
    mine = [job for job in found if job.get("WorkDir") == str(project.folder)]
    return sorted(mine, key=lambda job: int(job["JobId"]))


def gpus(job: dict[str, str]) -> str | None:
    """The number of GPUs that a job requested."""
    return job.get("TresPerJob")


def restored(project: Project, finished: Project) -> bool:
    """Whether all results exist again with the same bytes."""
    return contents(project) == contents(finished)


def test_gpu_requests(finished: Project) -> None:
    """Training and attacks request one GPU, other jobs none; each job runs in its partition."""
    asked = {(job["rule"], gpus(job), job["Partition"]) for job in jobs(finished)}

    run = small.ON_GPU - {"converge"}  # this grid has no worst
    expected = {(rule, "gres:gpu:1", "gpu") for rule in run}
    expected |= {(rule, None, "cpu") for rule in small.ON_CPU - small.DATA}
    assert asked == expected
    assert {job["JobState"] for job in jobs(finished)} == {"COMPLETED"}


def test_same_bytes(finished: Project, local: Project) -> None:
    """Results have the same bytes as in a run on one machine."""
    assert len(contents(finished)) > 25
    assert restored(finished, local)


def cancel(project: Project, target: str, *profile: str) -> str:
    """Run for one file and cancel its job once it works; the run fails; return its output."""
    arguments = (*small.arguments(project)[2:], *profile, "--retries", "0", "--", target)
    with running(project, *arguments) as run:
        until(lambda: stage(project, small.CERTIFIED))
        (job,) = (job["JobId"] for job in jobs(project))
        subprocess.run(["scancel", job], check=True)
        assert run.ended() != 0
        printed = run.printed()
    assert not (project.folder / target).exists()
    return printed


def test_cancelled(project: Project, finished: Project) -> None:
    """A job that is cancelled ends the run with an error; the next one completes it."""
    (target,) = take_away(project, small.CERTIFICATE)

    assert "SLURM status is: 'CANCELLED'" in cancel(project, target, *SLURM)

    project.run(*SLURM, *small.arguments(project), "--", target)
    assert restored(project, finished)


def test_over_memory(project: Project, finished: Project) -> None:
    """A job that Slurm kills for its memory is submitted again with more memory, and succeeds."""
    (target,) = take_away(project, small.CERTIFICATE)
    little = ("--set-resources", "certify:mem_mb=40 * 100 ** (attempt - 1)")

    project.run(*SLURM, *little, *small.arguments(project), "--", target)

    first, second = jobs(project)
    assert "mem=40M" in first["TRES"]
    assert first["JobState"] in ("FAILED", "OUT_OF_MEMORY")
    assert "mem=4000M" in second["TRES"]
    assert second["JobState"] == "COMPLETED"
    assert restored(project, finished)


def test_generic(project: Project, finished: Project) -> None:
    """Through the commands of the generic profile, the jobs that use a GPU request one; no job is lost."""
    targets = take_away(project, small.CLEAN, small.CERTIFICATE)

    project.run(*GENERIC, *small.arguments(project), "--", *targets)

    asked = {job["rule"]: (gpus(job), job["TimeLimit"]) for job in jobs(project)}
    assert asked == {"clean": ("gres:gpu:1", "00:30:00"), "certify": (None, "01:00:00")}
    assert restored(project, finished)


def test_generic_cancelled(project: Project) -> None:
    """A cancelled job counts as failed, although it cannot report its own failure."""
    (target,) = take_away(project, small.CERTIFICATE)

    cancel(project, target, *GENERIC)


def submit(project: Project, *arguments: str) -> str:
    """Run Snakemake in one allocation of two cores and GPUs; return its output."""
    options = ("--cpus-per-task=2", "--gpus=2", "--mem=16000", "--partition=gpu")
    command = ["sbatch", *options, "profiles/slurm-allocation/submit.sh", *arguments]
    subprocess.run(command, cwd=project.folder, check=True)
    until(lambda: jobs(project)[0]["JobState"] not in ("PENDING", "RUNNING", "COMPLETING"))
    (log,) = project.folder.glob("robustloc-*.log")
    return log.read_text()


def test_allocation(project: Project, finished: Project) -> None:
    """One Slurm job runs all jobs, limited by its cores, GPUs and memory; each job has its own GPU."""
    targets = take_away(project, small.CLEAN, small.ATTACKED)

    printed = submit(project, *small.arguments(project), "--", *targets)

    assert "Provided cores: 2" in printed
    assert 'Resource("gpu", 2)' in printed
    assert 'Resource("mem_mb", 16000)' in printed
    assert [(gpus(job), job["JobState"]) for job in jobs(project)] == [("gres:gpu:2", "COMPLETED")]
    assert {job_logs.read(project.folder / target)["run"]["gpu"] for target in targets} <= {"0", "1"}
    assert restored(project, finished)
