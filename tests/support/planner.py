"""A process that plans one copy of the project again and again: an edit's due files in a fraction of a second.

The workflow imports the package of its own copy, so each copy has a process of its own, and each plan a fork of it,
which has nothing left of earlier plans: no module, no cache of a file's code, no filter of Snakemake's logger.
"""

import contextlib
import gc
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

PRELOADED = (
    "snakemake.api",
    "snakemake.storage",
    "smart_open",
    "platformdirs",
    "scipy.io",
    "jsonschema",
    "tqdm",
    "yte",
)  # what planning imports


class Planner:
    """The planning process of one copy of the project."""

    def __init__(self, folder: Path):
        self.folder = folder
        # as a user's `snakemake`: the copy's package is found by the workflow itself, but for the plan's own module
        environment = os.environ | {"PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def jobs(self, *configfiles: str, target: str = "all") -> list[dict]:
        """Plan a target: every job with files, as a mapping of rule, inputs, outputs, code and is_due."""
        self._process.stdin.write(json.dumps({"configfiles": configfiles, "target": target}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        found = json.loads(answer) if answer else {"error": "the planning process has ended"}
        assert "error" not in found, found["error"]
        return found["jobs"]

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


_last: list[Planner] = []


def of(folder: Path) -> Planner:
    """Return the planner of a copy; the one of another copy ends, so that there is one at a time."""
    if not _last or _last[0].folder != folder:
        while _last:
            _last.pop().close()
        _last.append(Planner(folder))
    return _last[0]


def main() -> None:
    """Answer requests, a line each, until there are no more."""
    for name in PRELOADED:
        importlib.import_module(name)
    gc.disable()  # a plan is short, and its fork gives all back
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a plan prints is no answer
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                answer = {"jobs": _plan(**json.loads(line))}
            except BaseException as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            with contextlib.suppress(BrokenPipeError):
                answers.write(json.dumps(answer) + "\n")
                answers.flush()
            os._exit(0)
        os.waitpid(child, 0)


def _plan(configfiles: list[str], target: str) -> list[dict]:
    import yaml
    from humanfriendly import parse_size
    from snakemake.settings.enums import RerunTrigger

    from robustloc.jobs import dry_run

    profile = yaml.safe_load(Path("profiles/default/profile.yaml").read_text(encoding="utf-8"))
    found = dry_run.jobs(
        Path("Snakefile"),
        target,
        [Path(file) for file in configfiles],
        force_incomplete=profile["rerun-incomplete"],
        rerun_triggers=frozenset(RerunTrigger[name.replace("-", "_").upper()] for name in profile["rerun-triggers"]),
        max_checksum_file_size=parse_size(profile["max-checksum-file-size"]),
    )
    return [
        {
            "rule": job.rule,
            "inputs": [str(file) for file in job.inputs],
            "outputs": [str(file) for file in job.outputs],
            "code": str(job.params.get("code", "")),
            "is_due": job.is_due,
        }
        for job in found
    ]


if __name__ == "__main__":
    main()
