"""A copy of the project that tests run, edit and plan, through the command line as users do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
PARTS = ("Snakefile", "rules", "src", "config.yaml", "config.schema.yaml", "experiments", "profiles", "envs")
SMOKE = "experiments/smoke.yaml"


@dataclass(frozen=True)
class Project:
    """A checkout of its own, used through the command line as users do."""

    folder: Path

    def snakemake(self, *arguments: str, path: Path | None = None) -> subprocess.CompletedProcess:
        """Run snakemake; `path` is searched first for programs."""
        programs = [str(path)] if path else []
        search = os.pathsep.join([*programs, str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = os.environ | {"PATH": search, "VIRTUAL_ENV": sys.prefix, "COLUMNS": "200"}
        command = [sys.executable, "-m", "snakemake", *arguments]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run and insist on success."""
        done = self.snakemake(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def planned(self, *configfiles: str) -> set[str]:
        """List the files that the next run would make, relative to the experiment's results, without logs."""
        done = self.run("--configfile", SMOKE, *configfiles, "--summary")
        rows = [line.split("\t") for line in done.stdout.splitlines() if line.startswith("results/")]
        assert rows, done.stdout + done.stderr
        return {row[0].removeprefix("results/smoke/") for row in rows if row[-1] != "no update"}

    def overlay(self, content: dict) -> str:
        """Write a configuration overlay."""
        name = "overlay.yaml"
        (self.folder / name).write_text(yaml.safe_dump(content))
        return name

    @contextmanager
    def edited(self, name: str, change: Callable[[str], str]) -> Iterator[None]:
        """Edit a file, and put it back as it was, its time included."""
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


def copy_project(folder: Path) -> Project:
    """Copy what a checkout holds."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy2(source, folder / part)
    return Project(folder)
