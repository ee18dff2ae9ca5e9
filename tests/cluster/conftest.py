"""A copy of the project that has not run on a cluster."""

import pytest
import small
from workflow_project import Project, run_once


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy in which the small experiment has run on this machine; tests do not change it."""
    return run_once(tmp_path_factory, "local", small.arguments)
