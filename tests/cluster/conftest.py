"""A copy of the project that has not run on a cluster."""

import pytest
import small
from workflow_project import Project, copy_project


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy in which the small experiment has run on this machine; tests do not change it."""
    project = copy_project(tmp_path_factory.mktemp("local"))
    project.run(*small.arguments(project))
    return project
