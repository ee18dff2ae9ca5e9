"""How this machine runs the jobs' shell commands: each job's environment, and the fork server for all jobs."""

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
SHARED = ["torch", "torchdiffeq", "pandas", "pyarrow.dataset", "pyarrow.parquet", "tqdm"]
DRAWING = ["matplotlib.pyplot", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_pdf"]
LIGHTNING = ["pytorch_lightning"]
THREADS = [f"{library}_NUM_THREADS" for library in ("OMP", "OPENBLAS", "GOTO", "MKL", "NUMEXPR", "NUMBA")]
# With fewer jobs, starting the fork server takes longer than it saves.
FEWEST_JOBS = 10


def prefix(source: str, experiment: str) -> str:
    """Return the text that precedes every shell command.

    Idle threads sleep: with more threads than cores, spinning costs several times the work. Progress bars in log files
    move every ten seconds. Compiled code is kept in a folder that a run may write to. A job runs in Snakemake's
    Python, unless a virtual environment is active or Snakemake has activated a conda environment for the job.

    Args:
        source: folder of the package that jobs import.
        experiment: name of the experiment, for the log of each job.
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
    """Start the process that jobs on this machine are forked from, if enough jobs are due and there is none yet."""
    due = [job.rule.name for job in workflow.dag.needrun_jobs()]
    has_other_environments = workflow.deployment_settings.deployment_method
    if len(due) < FEWEST_JOBS or not workflow.local_exec or has_other_environments or not hasattr(os, "pidfd_open"):
        return
    if fork_server.VARIABLE in os.environ:
        return
    address = Path(tempfile.mkdtemp(prefix="robustloc-"), "socket")
    os.environ[fork_server.VARIABLE] = f"{sys.prefix}|{address}"
    # Libraries read these when they are imported.
    environment = os.environ | dict.fromkeys(THREADS, "1") | {"OMP_WAIT_POLICY": "PASSIVE", "TQDM_MININTERVAL": "10"}
    command = [sys.executable, "-m", "robustloc.jobs.fork_server", str(address), str(os.getpid())]
    subprocess.Popen(
        [*command, *SHARED, *DRAWING * ("figure" in due), *LIGHTNING * ("train" in due)],
        env=environment | {"PYTHONPATH": source},
        start_new_session=True,
    )


def _quoted(text: str) -> str:
    """Quote a text for the shell and for Snakemake's braces."""
    return shlex.quote(text).replace("{", "{{").replace("}", "}}")
