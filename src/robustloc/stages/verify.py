"""Compare every file of an experiment with what today's configuration, code and inputs make; sum up how it was made.

Nothing of Snakemake's own records is used: what a file was made from is told by the log beside it.
"""

import argparse
import json
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from robustloc.base.errors import UserError
from robustloc.base.files import replacing
from robustloc.jobs import dry_run, verification

SHOWN = 20


def main() -> None:
    """Print what differs and fail, or write the summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snakefile", type=Path, required=True, help="the workflow")
    parser.add_argument("--configfiles", type=Path, nargs="*", default=[], help="what differs from config.yaml")
    parser.add_argument("--config", type=json.loads, default={}, help="what differs from them")
    parser.add_argument("--target", required=True, help="the target whose files are compared")
    parser.add_argument("--summary", type=Path, nargs="*", default=[], help="where to write how all was made")
    arguments = parser.parse_args()
    try:
        jobs = dry_run.jobs(arguments.snakefile, arguments.target, arguments.configfiles, arguments.config)
        checked = verification.Verification()
        differences = [(job.rule, line) for job in jobs for line in checked.differences(job)]
        if differences:
            print(*(line for _, line in differences[:SHOWN]), sep="\n")
            rules = " ".join(sorted({rule for rule, _ in differences}))
            shown = f" (the first {SHOWN} are shown)" * (len(differences) > SHOWN)
            raise UserError(
                f"differences: {len(differences)}{shown}; delete the files that they name and run snakemake again, with"
                f" the same experiment, or make all of their kinds anew: --forcerun {rules} in place of verify"
            )
        for file in arguments.summary:
            with replacing(file) as temporary:
                text = json.dumps(checked.summary(jobs), indent=1, sort_keys=True)
                temporary.write_text(text + "\n", encoding="utf-8")
    except (UserError, WorkflowError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
