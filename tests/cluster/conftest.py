"""A copy of the project that no cluster has seen."""

import pytest
import small
from workflow_project import Project, copy_project


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy in which the small experiment has run on this machine; tests leave it as they found it."""
    project = copy_project(tmp_path_factory.mktemp("local"))
    project.run(*small.arguments(project))
    return project
