"""Run a stage: ``python -m robustloc.jobs attack --config …``, in a copy of a warm process where there is one."""

import os
import runpy
import signal
import sys

from robustloc.jobs import fork_server

STAGES = os.path.join(os.path.dirname(os.path.dirname(__file__)), "stages")


def main() -> None:
    """Hand the command line to the stage that its first word names."""
    names = sorted(file[:-3] for file in os.listdir(STAGES) if file.endswith(".py") and file != "__init__.py")
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        sys.exit(f"expected a stage, one of {', '.join(names)}; found {' '.join(sys.argv[1:2]) or 'none'}")
    module, argv = f"robustloc.stages.{sys.argv[1]}", sys.argv[1:]
    handler = signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while a copy works is no error to tell of
    status = fork_server.ask(module, argv)
    signal.signal(signal.SIGINT, handler)
    if status is not None:
        sys.exit(status)
    sys.argv = argv
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
