"""Copies of the project, in which nothing has run or the smoke experiment has; and what runs their jobs."""

from pathlib import Path

import job_server
import pytest
from workflow_project import SMOKE, Project, copy_project, run_once

from robustloc.jobs import fork_server, shell


@pytest.fixture(scope="session")
def server() -> str:
    """A fork server for the jobs of all tests, as the value of its variable."""
    return job_server.start([*shell.SHARED, *shell.LIGHTNING], shell.THREADS)


@pytest.fixture(autouse=True)
def _served(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs of runs on this machine are forked from the server."""
    monkeypatch.setenv(fork_server.VARIABLE, server)


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A copy in which nothing has run."""
    return copy_project(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy in which the smoke experiment has run; tests do not change it."""
    return run_once(tmp_path_factory, "finished", lambda project: ("--configfile", SMOKE))
