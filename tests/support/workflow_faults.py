"""Runs of a copied project that are hit by signals or lack of space: started, watched, and compared afterwards."""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil
from workflow_project import SMOKE, Project

RESULTS = Path("results/smoke")
# quickly made, and so many that a warm process makes them, after some were made as well
SETS = [
    *(f"indoor/dcnn/none/seed0/{name}.parquet" for name in ("universal/eps0.002", "adp_pgd/psr-20")),
    *(f"indoor/dcnn/none/seed0/{attack}/eps0.002.parquet" for attack in ("fgsm", "apgd", "pgd_linf")),
    *(
        f"outdoor/dcnn/{defence}/seed0/{attack}/eps{epsilon}.parquet"
        for defence in ("none", "adversarial")
        for attack in ("fgsm", "pgd_linf")
        for epsilon in ("0.01", "0.05")
    ),
]
T = TypeVar("T")


def copied(finished: Project, folder: Path) -> Project:
    """Copy a finished run with Snakemake's records, so that files can be taken away from it."""
    return Project(shutil.copytree(finished.folder, folder / "copy"))


def results(project: Project) -> dict[str, Path]:
    """List, by name, all but what tells of the host and of the time a job took; what jobs left behind is among it."""
    root = project.folder / RESULTS
    files = {str(file.relative_to(root)): file for file in root.rglob("*") if file.is_file()}
    varying = re.compile(r"logs/|provenance\.json|report\.html|tables/leaderboard\.|.*\.job\.json")
    return {name: file for name, file in files.items() if not varying.match(name)}


def contents(project: Project) -> dict[str, bytes]:
    """Read these results."""
    return {name: file.read_bytes() for name, file in results(project).items()}


def times(project: Project) -> dict[str, int]:
    """Tell when each of them was put in its place [ns]."""
    return {name: file.stat().st_ctime_ns for name, file in results(project).items()}


def take_away(project: Project, *names: str) -> list[str]:
    """Delete results with the logs of their jobs; return the targets that bring them back."""
    for name in names:
        file = project.folder / RESULTS / name
        file.unlink()
        file.with_name(f".{file.name}.job.json").unlink(missing_ok=True)
    return [str(RESULTS / name) for name in names]


@dataclass(frozen=True)
class Run:
    """A run of snakemake that goes on, and the file that it prints to."""

    main: subprocess.Popen
    output: Path

    def ended(self) -> int:
        """Wait for its end; return its exit status."""
        return self.main.wait(timeout=120)

    def printed(self) -> str:
        """What it has printed."""
        return self.output.read_text()


@contextmanager
def running(project: Project, *arguments: str, largest_file: int = resource.RLIM_INFINITY) -> Iterator[Run]:
    """Start the smoke experiment as a terminal does, as the leader of the foreground's process group.

    At the end nothing that works in the project's folder is left, whatever the test did.
    """

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored where the tests themselves run in the background
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))

    # without a virtual environment named, jobs run in that of snakemake
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | {"COLUMNS": "200"}
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", SMOKE, *arguments]
    place = {"cwd": project.folder, "env": environment, "process_group": 0, "preexec_fn": prepare}
    output = Path(project.folder, f"printed-{time.monotonic_ns()}.txt")
    with open(output, "w") as file:
        main = subprocess.Popen(command, stdout=file, stderr=file, **place)
    try:
        yield Run(main, output)
    finally:
        with suppress(AssertionError):
            until(lambda: main.poll() is not None and not at_work(project), seconds=3)  # the warm process tidies up
        for process in at_work(project):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        main.wait()


def at_work(project: Project) -> list[psutil.Process]:
    """Every process whose working folder is the project's, so that no other run on the machine is among them."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, FileNotFoundError):
            if process.cwd() == str(project.folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def jobs(project: Project) -> dict[str, list[psutil.Process]]:
    """List what runs for each job, named as its log: its shell, its stage or client, its copy of the warm process."""
    logs = project.folder / RESULTS / "logs"
    found: dict[str, list[psutil.Process]] = {}
    for process in at_work(project):
        with suppress(psutil.Error, OSError):
            log = Path(os.readlink(f"/proc/{process.pid}/fd/1"))
            if log.is_relative_to(logs):
                found.setdefault(str(log.relative_to(logs).with_suffix("")), []).append(process)
    return found


def log(project: Project, job: str) -> str:
    """What a job has printed so far; its last log is taken away before it starts."""
    with suppress(FileNotFoundError):
        return (project.folder / RESULTS / "logs" / f"{job}.log").read_text()
    return ""


def copies(project: Project) -> dict[str, psutil.Process]:
    """The copies of the warm process that do jobs now."""
    found = {
        job: [one for one in processes if "robustloc.jobs.fork_server" in one.cmdline()]
        for job, processes in jobs(project).items()
    }
    return {job: processes[0] for job, processes in found.items() if processes}


def half(project: Project, job: str) -> Path:
    """Where the job of a Parquet file writes until the file is whole."""
    place = project.folder / RESULTS / f"{job}.parquet"
    return place.with_name(f".{place.name}.tmp")


def stopped(project: Project) -> tuple[str, psutil.Process] | None:
    """Stop a copy of the warm process in the middle of its job, if one is there; return both."""
    for job, copy in copies(project).items():
        with suppress(psutil.NoSuchProcess):
            copy.suspend()
            if half(project, job).exists():
                return job, copy
            copy.resume()
    return None


def until(seen: Callable[[], T], seconds: float = 60) -> T:
    """Wait until something is seen, and return it."""
    end = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < end, f"not seen within {seconds} s"
        time.sleep(0.01)
    return found
