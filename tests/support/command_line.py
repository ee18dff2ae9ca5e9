"""A fork of the tests' server that runs each command in a fork of itself, without the seconds of Snakemake's import.

A fork has no state of earlier commands: no module of a project, no cache of a file's code, no filter of a logger.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import job_server


class CommandLine:
    """Runs `snakemake`, `pytest`, `python FILE` and `plan`, one after the other, each in a fork."""

    def __init__(self):
        (asked, ask), (answer, answered) = os.pipe(), os.pipe()
        self._connection = job_server.fork("command_line", asked, answered, 2)
        os.close(asked)
        os.close(answered)
        self._requests, self._answers = open(ask, "w"), open(answer)  # noqa: SIM115

    def run(
        self, folder: Path, program: str, arguments: list[str], environment: dict[str, str]
    ) -> subprocess.CompletedProcess:
        """Run a program in a folder and wait for its end."""
        request = {"folder": str(folder), "program": program, "arguments": arguments, "environment": environment}
        print(json.dumps(request), file=self._requests, flush=True)
        answer = self._answers.readline()
        assert answer, "the process that runs commands has ended"
        return subprocess.CompletedProcess([program, *arguments], *json.loads(answer))


@cache
def shared() -> CommandLine:
    """The one process of these tests. It ends when its input ends, that is, with the tests."""
    return CommandLine()


def main() -> None:
    """Answer requests, one per line, until the input ends."""
    importlib.import_module("pytest")  # jobs would not have it
    gc.freeze()  # a garbage collection in a fork would copy the memory that it shares with this process
    for line in sys.stdin:
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            child = os.fork()
            if child == 0:
                for place, file in enumerate((open(os.devnull), output, errors)):  # noqa: SIM115
                    os.dup2(file.fileno(), place)
                os._exit(_status(**json.loads(line)))
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            output.seek(0)
            errors.seek(0)
            print(json.dumps([status, output.read(), errors.read()]), flush=True)


def _status(folder: str, program: str, arguments: list[str], environment: dict[str, str]) -> int:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [program, *arguments]
    try:
        if program == "snakemake":
            sys.modules["snakemake.cli"].main(arguments)
        elif program == "pytest":
            return int(sys.modules["pytest"].main(arguments))
        elif program == "plan":
            _plan(*arguments)
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


def _plan(target: str, *configfiles: str) -> None:
    """Print the jobs of a target as JSON: rule, inputs, outputs, code and is_due of each job with files."""
    import yaml
    from humanfriendly import parse_size
    from snakemake.settings.enums import RerunTrigger

    gc.disable()  # a plan is short, and its fork gives all memory back
    sys.path.insert(0, str(Path("src").absolute()))
    from robustloc.jobs import dry_run

    profile = yaml.safe_load(Path("profiles/default/profile.yaml").read_text(encoding="utf-8"))
    with contextlib.redirect_stdout(sys.stderr):
        found = dry_run.jobs(
            Path("Snakefile"),
            target,
            [Path(file) for file in configfiles],
            force_incomplete=profile["rerun-incomplete"],
            rerun_triggers=frozenset(
                RerunTrigger[name.replace("-", "_").upper()] for name in profile["rerun-triggers"]
            ),
            max_checksum_file_size=parse_size(profile["max-checksum-file-size"]),
        )
    jobs = [
        {
            "rule": job.rule,
            "inputs": [str(file) for file in job.inputs],
            "outputs": [str(file) for file in job.outputs],
            "code": str(job.params.get("code", "")),
            "is_due": job.is_due,
        }
        for job in found
    ]
    print(json.dumps(jobs))


if __name__ == "__main__":
    main()
