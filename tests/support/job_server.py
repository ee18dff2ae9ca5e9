"""A fork server for the jobs of all copied projects: a short run would import torch again for each of its jobs.

A run with many jobs starts its own, and its forks import the modules of one project. This one imports what jobs share,
and no module of a project: each of its forks finds the project's code by the job's own PYTHONPATH.
"""

import importlib.util
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

from waiting import until

FILE = Path(__file__).parent.parent.parent / "src/robustloc/jobs/fork_server.py"


def start(modules: list[str], threads: list[str]) -> str:
    """Start a server that ends with this process; return the value of the variable that makes jobs ask it.

    Its socket is FOLDER/socket; it adds a byte to FOLDER.forks for each job.
    """
    address = Path(tempfile.mkdtemp(prefix="robustloc-"), "socket")
    environment = os.environ | dict.fromkeys(threads, "1") | {"OMP_WAIT_POLICY": "PASSIVE"}
    environment["PYTHONPATH"] = str(Path(__file__).parent)
    command = [sys.executable, __file__, str(address), str(os.getpid()), *modules]
    subprocess.Popen(command, env=environment, start_new_session=True)
    until(address.exists)
    return f"{sys.prefix}|{address}"


def main() -> None:
    """Serve as `robustloc.jobs.fork_server` does, but without its package."""
    address, parent, *modules = sys.argv[1:]
    forks = Path(address).parent.with_suffix(".forks")
    forks.touch()
    run_module = runpy.run_module

    def run_project(name: str, **options: object) -> dict:
        with forks.open("a") as file:
            file.write(".")
        sys.path[:0] = os.environ["PYTHONPATH"].split(os.pathsep)
        return run_module(name, **options)

    runpy.run_module = run_project
    specification = importlib.util.spec_from_file_location("fork_server", FILE)
    server = importlib.util.module_from_spec(specification)
    sys.modules["fork_server"] = server  # its dataclass looks there
    specification.loader.exec_module(server)
    try:
        server.serve(address, int(parent), modules)
    finally:
        forks.unlink()


if __name__ == "__main__":
    main()
