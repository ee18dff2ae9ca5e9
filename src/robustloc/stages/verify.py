"""Compare every result of an experiment with today's configuration, code and inputs; summarise how it was made.

The log beside a file says what it was made from; Snakemake's own records are not used.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from snakemake.exceptions import CliException, WorkflowError

from robustloc.base import job_logs
from robustloc.base.errors import UserError
from robustloc.jobs import dry_run
from robustloc.jobs.atomic import replacing
from robustloc.jobs.verification import SHOWN, Verification, remake


def main(arguments: list[str]) -> None:
    """Print the differences and fail; or print that there are none, and write the summary."""
    parser = argparse.ArgumentParser(
        prog="python -m robustloc.jobs verify",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--snakefile", type=Path, required=True, help="the workflow")
    parser.add_argument("--configfiles", type=Path, nargs="*", default=[], help="overlays of config.yaml")
    parser.add_argument("--config", type=json.loads, default={}, help="changes of the configuration, as a JSON mapping")
    parser.add_argument("--target", required=True, help="the target whose files are compared")
    parser.add_argument("--summary", type=Path, nargs="*", default=[], help="where to write how they were made")
    given = parser.parse_args(arguments)
    try:
        jobs = dry_run.jobs(given.snakefile, given.target, given.configfiles, given.config)
        verification = Verification(os.environ.get(job_logs.EXPERIMENT, ""))
        if differences := [one for job in jobs for one in verification.differences(job)]:
            print(*differences[:SHOWN], sep="\n")
            more = f", of which {SHOWN} are listed" * (len(differences) > SHOWN)
            command = remake(_snakemake(given.snakefile, given.configfiles, given.config), differences)
            raise UserError(f"{len(differences)} differences{more}; make these results again with:\n{command}")
        for file in given.summary:
            with replacing(file) as temporary:
                text = json.dumps(verification.summary(jobs), indent=1, sort_keys=True)
                temporary.write_text(text + "\n", encoding="utf-8")
        print(f"{sum(len(job.outputs) for job in jobs)} results checked, all current")
    except (UserError, WorkflowError, CliException) as error:
        sys.exit(f"error: {error}")


def _snakemake(snakefile: Path, configfiles: list[Path], config: dict) -> list[str]:
    """Return the command line of the experiment, as a user types it in this folder."""
    command = ["snakemake"]
    if snakefile.resolve() != Path("Snakefile").resolve():
        command += ["--snakefile", str(snakefile)]
    if configfiles:
        command += ["--configfile", *map(os.path.relpath, configfiles)]
    if config:
        command += ["--config", *(f"{key}={json.dumps(value)}" for key, value in config.items())]
    return command
