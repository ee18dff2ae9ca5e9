"""The resources that the profiles request: in all profiles, and, through a fake Slurm, of each rule's jobs."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import job_server
import pytest
import small
import yaml
from workflow_faults import at_work, contents, take_away
from workflow_project import ROOT, Project

from robustloc.jobs import fork_server

FAKE = Path(__file__).parent / "fake"
GENERIC = ("--workflow-profile", "profiles/cluster-generic", "--seconds-between-status-checks", "1")
# partition, GPUs, memory [MB], time [min] of a first attempt
ASKED = {
    "trace": ("cpu", None, "4000", "30"),
    "shard": ("cpu", None, "4000", "60"),
    "split": ("cpu", None, "4000", "30"),
    "csi": ("cpu", None, "4000", "30"),
    "train": ("gpu", "1", "8000", "120"),
    "attack": ("gpu", "1", "4000", "30"),
    "clean": ("gpu", "1", "4000", "30"),
    "converge": ("gpu", "1", "4000", "60"),
    "examine": ("cpu", None, "4000", "60"),
    "transfer": ("cpu", None, "4000", "60"),
    "certify": ("cpu", None, "4000", "60"),
}


def profile(name: str) -> dict:
    """Read a profile."""
    return yaml.safe_load((ROOT / "profiles" / name / "profile.yaml").read_text())


def beside_fake(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Give a project a fake Slurm with partitions cpu and gpu; all its jobs have ended at the end."""
    file = project.folder / "profiles/cluster-generic/profile.yaml"
    text = file.read_text().replace("""options: "''\"""", """options: "'--partition=cpu'\"""")
    file.write_text(text.replace("'--gpus=1'", "'--gpus=1 --partition=gpu'"))
    (project.folder / "fake").mkdir()
    monkeypatch.setenv("FAKE_CLUSTER", str(project.folder / "fake"))
    yield project
    for process in at_work(project):
        process.kill()


@pytest.fixture
def unused(tmp_path: Path, local: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A copy of the project beside a fake Slurm in which nothing has run."""
    yield from beside_fake(small.unused(local, tmp_path / "copy"), monkeypatch)


@pytest.fixture
def finished(tmp_path: Path, local: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A copy of the project beside a fake Slurm in which the small experiment has run."""
    yield from beside_fake(local.copy(tmp_path / "copy"), monkeypatch)


def submitted(project: Project) -> list[dict[str, str]]:
    """The options of each job that was submitted, by name."""
    lines = (project.folder / "fake" / "submitted").read_text().splitlines()
    options = [[word for word in shlex.split(line) if "=" in word] for line in lines]
    return [dict(word.removeprefix("--").split("=", 1) for word in words) for words in options]


@pytest.mark.parametrize("name", sorted(folder.name for folder in (ROOT / "profiles").iterdir()))
def test_shared_settings(name: str) -> None:
    """Every profile has all settings of the default profile except for the cores, since it replaces that profile."""
    default = profile("default")
    del default["cores"]

    assert profile(name).items() >= default.items()


def test_submissions(unused: Project, local: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs request partition, GPU, memory and time of their rule; small jobs run locally."""
    monkeypatch.setenv("FAKE_RESULTS", str(local.folder))
    monkeypatch.setenv(fork_server.VARIABLE, job_server.shared())  # for the small jobs

    done = unused.snakemake(*GENERIC, *small.arguments(unused), path=FAKE)

    assert done.returncode == 0, done.stdout + done.stderr
    jobs = submitted(unused)
    asked = {job["job-name"]: (job["partition"], job.get("gpus"), job["mem"], job["time"]) for job in jobs}
    assert asked == {rule: found for rule, found in ASKED.items() if rule != "converge"}  # there is no worst
    assert len(jobs) == 13
    assert {job["cpus-per-task"] for job in jobs} == {"1"}
    assert contents(unused) == contents(local)  # the tables, too, which are not copied


def test_every_rule(unused: Project) -> None:
    """The table has all rules of the smoke experiment that make a file and are not declared as small."""
    declared = re.search(r"localrules:\n((?:    \w+,\n)+)", (ROOT / "Snakefile").read_text())[1]
    rules = {job["rule"] for job in unused.jobs() if job["outputs"]}

    assert rules - set(re.findall(r"\w+", declared)) == ASKED.keys() == small.ON_GPU | small.ON_CPU


def test_second_attempt(finished: Project, local: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that is killed for its memory is submitted again with twice the memory and time."""
    monkeypatch.setenv("FAKE_NEEDED_MB", "5000")
    (target,) = take_away(finished, small.CERTIFICATE)

    done = finished.snakemake(*GENERIC, *small.arguments(finished), "--", target, path=FAKE)

    assert done.returncode == 0, done.stdout + done.stderr
    asked = [(job["job-name"], job["mem"], job["time"]) for job in submitted(finished)]
    assert asked == [("certify", "4000", "60"), ("certify", "8000", "120")]
    assert (finished.folder / target).read_bytes() == (local.folder / target).read_bytes()
