"""A copy of the project that tests run, edit and plan through the command line, as users do."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import command_line
import pytest
import yaml
from numba.core.caching import _CacheLocator

ROOT = Path(__file__).parent.parent.parent
PARTS = ("Snakefile", "rules", "src", "config.yaml", "config.schema.yaml", "experiments", "profiles", "envs")
SMOKE = "experiments/smoke.yaml"


@dataclass(frozen=True)
class Project:
    """A checkout of its own."""

    folder: Path

    def snakemake(self, *arguments: str, path: Path | None = None) -> subprocess.CompletedProcess:
        """Run snakemake; `path` is searched first for programs."""
        programs = [str(path)] if path else []
        search = os.pathsep.join([*programs, str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = os.environ | {"PATH": search, "VIRTUAL_ENV": sys.prefix, "COLUMNS": "200"}
        return command_line.shared().run(self.folder, "snakemake", list(arguments), environment)

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run snakemake and require success."""
        done = self.snakemake(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def jobs(self, *configfiles: str, target: str = "all") -> list[dict]:
        """Plan the smoke experiment with overlays: rule, inputs, outputs, code and is_due of each job with files."""
        done = command_line.shared().run(self.folder, "plan", [target, SMOKE, *configfiles], dict(os.environ))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def planned(self, *configfiles: str, target: str = "all") -> set[str]:
        """The files that the next run would make, relative to the experiment's results; without logs."""
        files = [file for job in self.jobs(*configfiles, target=target) if job["is_due"] for file in job["outputs"]]
        return {file.removeprefix("results/smoke/") for file in files}

    def overlay(self, content: dict) -> str:
        """Write a configuration overlay."""
        name = "overlay.yaml"
        (self.folder / name).write_text(yaml.safe_dump(content))
        return name

    @contextmanager
    def edited(self, name: str, change: Callable[[str], str]) -> Iterator[None]:
        """Edit a file; restore its content and its time afterwards."""
        file = self.folder / name
        text, times = file.read_text(), file.stat()
        new = change(text)
        assert new != text, f"the edit of {name} changes nothing"
        file.write_text(new)
        try:
            yield
        finally:
            file.write_text(text)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    @contextmanager
    def replaced(self, name: str, content: bytes | None, *, age_s: float = 0.0) -> Iterator[None]:
        """Replace or delete a file as if long ago; restore its content and its time afterwards."""
        file = self.folder / name
        old, times = file.read_bytes(), file.stat()
        file.unlink()
        if content is not None:
            file.write_bytes(content)
            os.utime(file, (time.time() - age_s,) * 2)
        try:
            yield
        finally:
            file.write_bytes(old)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    def copy(self, folder: Path) -> "Project":
        """Copy the project with its results and the times of all files."""
        return Project(Path(shutil.copytree(self.folder, folder, symlinks=True)))


def copy_project(folder: Path) -> Project:
    """Copy the files of a checkout, and numba's compiled files, which take seconds to make, to where jobs look."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy2(source, folder / part)
    for compiled in (ROOT / "src").rglob("__pycache__/*.nb?"):
        module = folder.absolute() / compiled.relative_to(ROOT).parent.parent / "any.py"
        place = folder / ".snakemake/numba" / _CacheLocator.get_suitable_cache_subpath(module)
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy2(compiled, place)
    return Project(folder)


def run_once(factory: pytest.TempPathFactory, name: str, arguments: Callable[[Project], tuple[str, ...]]) -> Project:
    """Return a copy of the project in which an experiment has run.

    With several test processes, one of them runs the experiment, and each has a copy of its results.
    """
    place = factory.getbasetemp().parent / name if "PYTEST_XDIST_WORKER" in os.environ else factory.mktemp(name)
    with open(f"{place}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        finished = place / "project"
        if not finished.exists():
            half = copy_project(place / "half")
            half.run(*arguments(half))
            half.folder.rename(finished)
    return Project(finished).copy(factory.mktemp(name) / "project")
