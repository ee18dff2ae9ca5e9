"""Copies of the project: one in which nothing has run, one in which the smoke experiment has."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest
from workflow_project import SMOKE, Project, copy_project


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A copy in which nothing has run."""
    return copy_project(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy in which the smoke experiment has run; tests do not change it.

    With several test processes, one of them runs the experiment, and each has a copy of its results.
    """
    own = tmp_path_factory.mktemp("finished") / "project"
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return _made(own)
    place = tmp_path_factory.getbasetemp().parent / "finished"
    with open(f"{place}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            shutil.move(_made(Path(f"{place}.half")).folder, place)
    return Project(place).copy(own)


def _made(folder: Path) -> Project:
    project = copy_project(folder)
    project.run("--configfile", SMOKE)
    return project
