"""Runs of a copied project that signals or a full disk interrupt: start and watch them, compare their results."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import job_server
import psutil
from waiting import LIMIT_S, until
from workflow_project import SMOKE, Project

from robustloc.jobs import fork_server

RESULTS = Path("results/smoke")
SERVER = "robustloc.jobs.fork_server"
# Short jobs: enough of them that a fork server runs them, and that a run can be interrupted between them.
SETS = [
    *(f"indoor/dcnn/none/seed0/{attack}/eps0.002.parquet" for attack in ("fgsm", "universal", "pgd_linf")),
    *(
        f"outdoor/dcnn/{defence}/seed0/{attack}/eps{epsilon}.parquet"
        for defence in ("none", "adversarial")
        for attack in ("fgsm", "pgd_linf")
        for epsilon in ("0.01", "0.05")
    ),
]


def copied(finished: Project, folder: Path) -> Project:
    """Copy a finished run with Snakemake's records, so that a test can delete its files."""
    return finished.copy(folder / "copy")


def results(project: Project) -> dict[str, Path]:
    """All files by name, including temporary ones, except for files that depend on the host or on job times."""
    root = project.folder / RESULTS
    files = {str(file.relative_to(root)): file for file in root.rglob("*") if file.is_file()}
    varying = re.compile(r"logs/|provenance\.json|report\.html|.*\.job\.json")
    return {name: file for name, file in files.items() if not varying.match(name)}


def contents(project: Project) -> dict[str, bytes]:
    """The content of these files."""
    return {name: file.read_bytes() for name, file in results(project).items()}


def times(project: Project) -> dict[str, int]:
    """The times at which each of these files was put in place [ns]."""
    return {name: file.stat().st_ctime_ns for name, file in results(project).items()}


def take_away(project: Project, *names: str) -> list[str]:
    """Delete results and the logs of their jobs; return the targets that make them again."""
    for name in names:
        file = project.folder / RESULTS / name
        file.unlink()
        file.with_name(f".{file.name}.job.json").unlink(missing_ok=True)
    return [str(RESULTS / name) for name in names]


@dataclass(frozen=True)
class Run:
    """A running snakemake, and the file with its output."""

    main: subprocess.Popen
    output: Path

    def ended(self) -> int:
        """Wait until it ends; return its exit status."""
        return self.main.wait(LIMIT_S)

    def printed(self) -> str:
        """Its output so far."""
        return self.output.read_text()


@contextmanager
def running(
    project: Project, *arguments: str, served: bool = False, largest_file: int = resource.RLIM_INFINITY
) -> Iterator[Run]:
    """Start the smoke experiment as a terminal does, as the leader of the foreground's process group.

    Its jobs are forks of its own server if there are many of them, and otherwise processes of their own; with
    `served`, they are forks of the tests' server, which has imported what they need.

    Afterwards no process works in the project's folder: after a test that passes, this waits for their end; after a
    test that fails, they are killed.
    """

    def prepare() -> None:
        signal.signal(
            signal.SIGINT, signal.SIG_DFL
        )  # a shell that runs the tests in the background makes them ignore it
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))

    # without a virtual environment's name, jobs run in snakemake's
    others = ["VIRTUAL_ENV", *[fork_server.VARIABLE] * (not served)]
    environment = {name: value for name, value in os.environ.items() if name not in others} | {"COLUMNS": "200"}
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", SMOKE, *arguments]
    place = {"cwd": project.folder, "env": environment, "process_group": 0, "preexec_fn": prepare}
    output = Path(project.folder, f"printed-{time.monotonic_ns()}.txt")
    with open(output, "w") as file:
        main = subprocess.Popen(command, stdout=file, stderr=file, **place)
    try:
        yield Run(main, output)
        until(lambda: main.poll() is not None and not at_work(project))  # the fork server removes its folder
    finally:
        for process in at_work(project):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        main.wait()


@contextmanager
def not_orphaned(group: int) -> Iterator[None]:
    """Keep a process with a parent outside in a process group.

    When the last such process ends, the kernel hangs up (SIGHUP) the suspended processes of the group.
    """
    member = subprocess.Popen(["sleep", "infinity"], process_group=group)
    try:
        yield
    finally:
        member.kill()
        member.wait()


def at_work(project: Project) -> list[psutil.Process]:
    """All processes whose working folder is the project's folder; it excludes other runs on the machine."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, FileNotFoundError):
            if process.cwd() == str(project.folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def jobs(project: Project) -> dict[str, list[psutil.Process]]:
    """The processes of each job, by the name of its log: shell, stage or client, fork of the server."""
    logs = project.folder / RESULTS / "logs"
    found: dict[str, list[psutil.Process]] = {}
    for process in at_work(project):
        with suppress(psutil.Error, OSError):
            log = Path(os.readlink(f"/proc/{process.pid}/fd/1"))
            if log.is_relative_to(logs):
                found.setdefault(str(log.relative_to(logs).with_suffix("")), []).append(process)
    return found


def _program(process: psutil.Process) -> str:
    """The module that a Python process runs, SERVER for the tests' own; empty if the process has ended."""
    with suppress(psutil.Error, ValueError):
        _, first, second = process.cmdline()[:3]
        return SERVER if first == job_server.__file__ else second
    return ""


def stage(project: Project, job: str) -> psutil.Process | None:
    """The process of a job's stage, or the client that waits for the job's fork; None if neither runs."""
    return next((one for one in jobs(project).get(job, []) if _program(one) == "robustloc.jobs"), None)


def forks(project: Project) -> dict[str, psutil.Process]:
    """The forks of a server that run jobs now, by job."""
    found = {job: [one for one in processes if _program(one) == SERVER] for job, processes in jobs(project).items()}
    return {job: processes[0] for job, processes in found.items() if processes}


def log(project: Project, job: str) -> str:
    """The output of a job so far. A job starts with an empty log."""
    with suppress(FileNotFoundError):
        return (project.folder / RESULTS / "logs" / f"{job}.log").read_text()
    return ""


def half(project: Project, file: str) -> Path:
    """The temporary file that a job writes until the file is complete."""
    place = project.folder / RESULTS / file
    return place.with_name(f".{place.name}.tmp")


def suspended(process: psutil.Process | None, is_writing: Callable[[], bool]) -> bool:
    """Suspend a process if it is writing its result, so that it cannot end before the test acts."""
    with suppress(psutil.NoSuchProcess):
        if process and is_writing():
            process.suspend()
            if is_writing():
                return True
            process.resume()
    return False


def suspended_stage(project: Project, job: str, is_writing: Callable[[], bool]) -> psutil.Process | None:
    """Suspend the stage of a job, a fork or not, if it is writing its result, and return the process."""
    process = (forks(project).get(job) or stage(project, job)) if is_writing() else None
    return process if suspended(process, is_writing) else None


def suspended_fork(project: Project) -> tuple[str, psutil.Process] | None:
    """Suspend a fork of the server that is writing its set, and return its job and its process."""
    for job, fork in forks(project).items():
        if suspended(fork, half(project, f"{job}.parquet").exists):
            return job, fork
    return None
