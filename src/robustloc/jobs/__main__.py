"""Run a stage: ``python -m robustloc.jobs attack --config …``; in a fork of the fork server, where one runs."""

import os
import runpy
import signal
import sys

from robustloc.jobs import fork_server

STAGES = os.path.join(os.path.dirname(os.path.dirname(__file__)), "stages")
# the program that runs a stage, here or in a fork
HARNESS = "robustloc.jobs.job"


def main() -> None:
    """Check the stage's name, and run the harness."""
    names = sorted(file[:-3] for file in os.listdir(STAGES) if file.endswith(".py") and file != "__init__.py")
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        sys.exit(f"expected a stage, one of {', '.join(names)}; found {' '.join(sys.argv[1:2]) or 'none'}")
    handler = signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignore Ctrl-C; the forked job handles it
    status = fork_server.ask(HARNESS, sys.argv)
    signal.signal(signal.SIGINT, handler)
    if status is not None:
        sys.exit(status)
    runpy.run_module(HARNESS, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
