"""A fork server for the jobs and the command lines of all copied projects, which would import the same libraries again.

A run with many jobs starts its own, and its forks import the modules of one project. This one imports what jobs and
Snakemake share, and no module of a project: each of its forks finds the project's code by its own PYTHONPATH.
"""

import ast
import fcntl
import importlib.util
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
import uuid
from functools import cache
from pathlib import Path

from waiting import until

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / "src/robustloc/jobs/fork_server.py"
# imports of planning, which verification does, too
PLANNING = ("snakemake.cli", "snakemake.api", "snakemake.storage", "smart_open", "platformdirs", "scipy.io")
PLANNING += ("jsonschema", "yte")


@cache
def shared() -> str:
    """Return the value of the variable that makes jobs ask the server of these tests, which starts with its first user.

    With several test processes, all of them have one server. It ends with the process that started the tests. Its
    socket is FOLDER/socket; it adds a line with the working folder to FOLDER.forks for each job.
    """
    from robustloc.jobs import shell  # not in the server

    session = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    folder = Path(tempfile.gettempdir(), f"robustloc-{session or uuid.uuid4().hex}")
    address, parent = folder / "socket", os.getppid() if session else os.getpid()
    with folder.with_suffix(".forks").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            folder.mkdir()
            environment = os.environ | dict.fromkeys(shell.THREADS, "1") | {"OMP_WAIT_POLICY": "PASSIVE"}
            environment["PYTHONPATH"] = str(Path(__file__).parent)
            command = [sys.executable, __file__, str(address), str(parent), *PLANNING]
            command += [*shell.SHARED, *shell.DRAWING, *shell.LIGHTNING]
            subprocess.Popen(command, env=environment, start_new_session=True, stdin=subprocess.DEVNULL)
            until(address.exists)
    return f"{sys.prefix}|{address}"


def forks(folder: Path) -> int:
    """The number of jobs with a working folder that the server has run."""
    log = Path(shared().rpartition("|")[2]).parent.with_suffix(".forks")
    return log.read_text().splitlines().count(str(folder))


def fork(module: str, *streams: int) -> socket.socket:
    """Run a module of this folder as a program in a fork of the server; the fork ends with the returned connection."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    request = {"module": module, "argv": [module], "folder": os.getcwd(), "environment": environment}
    text = json.dumps(request).encode()
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(shared().rpartition("|")[2])
    assert connection.recv(1), "the server of these tests has ended"
    socket.send_fds(connection, [len(text).to_bytes(8)], streams)
    connection.sendall(text)
    return connection


def main() -> None:
    """Serve as `robustloc.jobs.fork_server` does, but without its package."""
    address, parent, *modules = sys.argv[1:]
    log = Path(address).parent.with_suffix(".forks")
    run_module = runpy.run_module

    def run_project(name: str, **options: object) -> dict:
        with log.open("a") as file:
            file.write(f"{os.getcwd()}\n")
        sys.path[:0] = os.environ["PYTHONPATH"].split(os.pathsep)
        return run_module(name, **options)

    runpy.run_module = run_project
    specification = importlib.util.spec_from_file_location("fork_server", FILE)
    server = importlib.util.module_from_spec(specification)
    sys.modules["fork_server"] = server  # its dataclass looks there
    specification.loader.exec_module(server)
    _parse_ahead()
    try:
        server.serve(address, int(parent), modules)
    finally:
        log.unlink()


def _parse_ahead() -> None:
    """Let forks parse the checkout's files at once: a plan spends a fifth of its time on the fingerprints of code.

    Copied projects have the same files, apart from those that a test edits. A fork has each tree once, as the
    fingerprint changes it.
    """
    parse = ast.parse
    texts = {file.read_text(encoding="utf-8") for file in (ROOT / "src").rglob("*.py")}
    trees = {text: parse(text) for text in texts}
    ast.parse = lambda source, *rest, **options: trees.pop(source, None) or parse(source, *rest, **options)


if __name__ == "__main__":
    main()
