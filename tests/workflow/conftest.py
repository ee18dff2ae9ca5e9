"""Copies of the project, in which nothing has run or the smoke experiment has; and what runs their jobs."""

from collections.abc import Iterator
from pathlib import Path

import job_server
import pytest
from workflow_project import SMOKE, Project, copy_project, run_once

from robustloc.jobs import fork_server


@pytest.fixture(scope="package", autouse=True)
def _served() -> Iterator[None]:
    """Jobs of runs on this machine are forked from the tests' server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(fork_server.VARIABLE, job_server.shared())
        yield


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A copy in which nothing has run."""
    return copy_project(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy in which the smoke experiment has run; tests do not change it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(fork_server.VARIABLE, job_server.shared())
        return run_once(tmp_path_factory, "finished", lambda project: ("--configfile", SMOKE))
