"""A process that commands are copied from: Snakemake's own command line without the seconds that its import takes."""

import contextlib
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

import planner

PRELOADED = ("snakemake.cli", *planner.PRELOADED, "pandas", "pytest", "torch")


class CommandLine:
    """Runs `snakemake`, `pytest` and `python FILE`, one after the other, each in a fork that has imported a lot."""

    def __init__(self):
        self._known: dict[str, tuple[int, str]] = {}
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
        self._process = subprocess.Popen(
            [sys.executable, __file__], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, folder: Path, program: str, arguments: list[str], **environment: str) -> tuple[int, str]:
        """Run a program in a folder, once; return its exit status and all that it printed."""
        request = json.dumps(
            {"folder": str(folder), "program": program, "arguments": arguments, "environment": environment}
        )
        if request not in self._known:
            self._process.stdin.write(request + "\n")
            self._process.stdin.flush()
            self._known[request] = tuple(json.loads(self._process.stdout.readline()))
        return self._known[request]

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def main() -> None:
    """Answer requests, a line each, until there are no more."""
    for name in PRELOADED:
        importlib.import_module(name)
    for line in sys.stdin:
        with tempfile.TemporaryFile("w+") as printed:
            child = os.fork()
            if child == 0:
                os.dup2(printed.fileno(), 1)
                os.dup2(printed.fileno(), 2)
                os._exit(_status(**json.loads(line)))
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            printed.seek(0)
            print(json.dumps([status, printed.read()]), flush=True)


def _status(folder: str, program: str, arguments: list[str], environment: dict[str, str]) -> int:
    os.chdir(folder)
    os.environ.update(environment)
    try:
        if program == "snakemake":
            sys.argv = ["snakemake", *arguments]
            sys.modules["snakemake.cli"].main(arguments)
        elif program == "pytest":
            return int(sys.modules["pytest"].main(arguments))
        else:
            sys.argv = arguments
            sys.path[:1] = [str(Path(arguments[0]).parent), str(Path("src").absolute())]
            runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
    return 0


if __name__ == "__main__":
    main()
