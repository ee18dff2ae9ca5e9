"""A run starts one fork server if enough jobs are due, with the libraries of these jobs."""

import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from robustloc.jobs import fork_server, shell


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The commands of the servers that would start."""
    commands: list[list[str]] = []
    monkeypatch.setenv(fork_server.VARIABLE, "")
    monkeypatch.delenv(fork_server.VARIABLE)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: commands.append(command))
    return commands


def run(*rules: str) -> None:
    """Begin a run on this machine in which jobs of these rules are due."""
    due = [SimpleNamespace(rule=SimpleNamespace(name=rule)) for rule in rules]
    dag = SimpleNamespace(needrun_jobs=lambda: due)
    settings = SimpleNamespace(deployment_method=frozenset())
    shell.start_fork_server(SimpleNamespace(dag=dag, local_exec=True, deployment_settings=settings), "src")


def test_few_jobs(started: list) -> None:
    """Few jobs start no server."""
    run(*["attack"] * (shell.FEWEST_JOBS - 1))

    assert started == []


@pytest.mark.parametrize(("rule", "library"), [("figure", "matplotlib.pyplot"), ("train", "pytorch_lightning")])
def test_libraries(started: list, rule: str, library: str) -> None:
    """The server imports a library that few jobs need if such a job is due."""
    run(*["attack"] * shell.FEWEST_JOBS, rule)

    assert {"torch", library} <= set(started[0])
    assert not {"matplotlib.pyplot", "pytorch_lightning"} - {library} <= set(started[0])


def test_one_server(started: list) -> None:
    """A run inside a process that has a server uses this server."""
    for _ in range(2):
        run(*["attack"] * shell.FEWEST_JOBS)

    assert len(started) == 1
