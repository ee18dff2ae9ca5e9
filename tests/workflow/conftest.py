"""Copies of the project: one in which nothing has run, one in which the smoke experiment has."""

from pathlib import Path

import pytest
from workflow_project import SMOKE, Project, copy_project


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A copy in which nothing has run."""
    return copy_project(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy in which the smoke experiment has run; tests leave it as they found it."""
    project = copy_project(tmp_path_factory.mktemp("finished"))
    project.run("--configfile", SMOKE)
    return project
