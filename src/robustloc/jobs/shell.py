"""How this machine runs the jobs' shell commands: the environment of each job, and the fork server that they share."""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from robustloc.jobs import fork_server

if TYPE_CHECKING:  # imported while Snakemake imports itself otherwise
    from snakemake.workflow import Workflow

# Libraries that jobs import and that take long to import.
SHARED = ["torch", "torchdiffeq", "pandas", "pyarrow.parquet", "tqdm"]
LIGHTNING = ["pytorch_lightning"]
THREADS = [f"{library}_NUM_THREADS" for library in ("OMP", "OPENBLAS", "GOTO", "MKL", "NUMEXPR", "NUMBA")]
# The fork server pays from so many jobs on.
FEWEST_JOBS = 10


def prefix(source: str, experiment: str) -> str:
    """Return what comes before every shell command.

    Idle threads sleep: with more threads than cores, spinning costs several times the work. Progress bars in log files
    move every ten seconds. Compiled code is kept where a run may write. Unless a virtual environment is active, or
    Snakemake has activated one of conda for the job, a job runs in the Python of Snakemake.

    Args:
        source: folder of the package that jobs import.
        experiment: name of the experiment, which the log of each job keeps.
    """
    python, conda = _quoted(str(Path(sys.executable).parent)), _quoted(os.environ.get("CONDA_PREFIX", ""))
    return (
        f"set -euo pipefail; export OMP_WAIT_POLICY=PASSIVE NUMBA_NUM_THREADS=1 TQDM_MININTERVAL=10"
        f" PYTHONPATH={_quoted(source)} ROBUSTLOC_EXPERIMENT={_quoted(experiment)};"
        ' export NUMBA_CACHE_DIR="${{NUMBA_CACHE_DIR:-$PWD/.snakemake/numba}}";'
        f' [ -n "${{{{VIRTUAL_ENV:-}}}}" ] || [ "${{{{CONDA_PREFIX:-}}}}" != {conda} ]'
        f' || export PATH={python}:"$PATH"; '
    )


def start_fork_server(workflow: "Workflow", source: str) -> None:
    """Start the process that jobs on this machine are forked from, if enough jobs are due."""
    due = [job.rule.name for job in workflow.dag.needrun_jobs()]
    has_other_environments = workflow.deployment_settings.deployment_method
    if len(due) < FEWEST_JOBS or not workflow.local_exec or has_other_environments or not hasattr(os, "pidfd_open"):
        return
    address = Path(tempfile.mkdtemp(prefix="robustloc-"), "socket")
    os.environ[fork_server.VARIABLE] = f"{sys.prefix}|{address}"
    # Libraries read these when they are imported.
    environment = os.environ | dict.fromkeys(THREADS, "1") | {"OMP_WAIT_POLICY": "PASSIVE", "TQDM_MININTERVAL": "10"}
    command = [sys.executable, "-m", "robustloc.jobs.fork_server", str(address), str(os.getpid())]
    subprocess.Popen(
        [*command, *SHARED, *LIGHTNING * ("train" in due)],
        env=environment | {"PYTHONPATH": source},
        start_new_session=True,
    )


def _quoted(text: str) -> str:
    """Quote a text for the shell and for Snakemake's braces."""
    return shlex.quote(text).replace("{", "{{").replace("}", "}}")
