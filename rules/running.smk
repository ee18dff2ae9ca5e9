# How jobs run, and what is told before: the shell, a warm process that they are copied from, resources, a forecast. No rule.

import os
import shlex
import subprocess
import tempfile
import time

from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from robustloc.jobs import forecast, fork_server, progress

# Idle threads sleep instead of spinning: with more threads than cores, spinning costs several times the work.
QUOTED = shlex.quote(SOURCE).replace("{", "{{").replace("}", "}}")
# Progress bars in log files move every ten seconds. Unless a virtual environment is active, or Snakemake has activated
# one of conda for the job, the job runs in Snakemake's own. Compiled code is kept where a run may surely write.
PYTHON = shlex.quote(str(Path(sys.executable).parent)).replace("{", "{{").replace("}", "}}")
CONDA = shlex.quote(os.environ.get("CONDA_PREFIX", "")).replace("{", "{{").replace("}", "}}")
shell.prefix(
    f"set -euo pipefail; export OMP_WAIT_POLICY=PASSIVE NUMBA_NUM_THREADS=1 TQDM_MININTERVAL=10 PYTHONPATH={QUOTED};"
    ' export NUMBA_CACHE_DIR="${{NUMBA_CACHE_DIR:-$PWD/.snakemake/numba}}";'
    f' [ -n "${{{{VIRTUAL_ENV:-}}}}" ] || [ "${{{{CONDA_PREFIX:-}}}}" != {CONDA} ] || export PATH={PYTHON}:"$PATH"; '
)
# What jobs import that is not ours and takes long.
SHARED = ["torch", "torchdiffeq", "pandas", "pyarrow.parquet", "tqdm"]
LIGHTNING = ["pytorch_lightning"]
THREADS = [f"{library}_NUM_THREADS" for library in ("OMP", "OPENBLAS", "GOTO", "MKL", "NUMEXPR", "NUMBA")]
# of profiles/default: what is not told unless someone asks otherwise
AS_IN_PROFILE = {Quietness.HOST, Quietness.REASON}


# what makes jobs larger or smaller than those that rules/seconds.yaml tells of
SIZES = {"scenarios", "training", "crafting", "verdict", "certificates"}
# this run, once its jobs are counted: its progress, and whether to tell it in our words
RUN = []


def changes():
    """The sections in which this experiment differs from config.yaml."""
    overlays = [yaml.safe_load(Path(file).read_text(encoding="utf-8")) for file in workflow.overwrite_configfiles]
    return {key for overlay in [*overlays, workflow.config_settings.config] for key in overlay or {}}


def tell(record):
    """Say more than Snakemake of how long jobs take, and less of what nobody asked for."""
    event, settings = getattr(record, "event", None), workflow.output_settings
    if event is not LogEvent.RUN_INFO:
        return not RUN or tell_progress(record, event, *RUN)
    as_usual = settings.quiet == AS_IN_PROFILE and not settings.printshellcmds and not settings.log_handler_settings
    summary = Path(config.get("pathvars", {}).get("results", "results"), "provenance.json")
    expected = yaml.safe_load(Path(workflow.basedir, "rules", "seconds.yaml").read_text(encoding="utf-8"))
    slots = workflow.nodes or workflow.cores or 1
    seconds = forecast.seconds_per_job(summary, expected)
    is_known = summary.is_file() or not changes() & SIZES
    length = forecast.forecast(record.stats, seconds, slots) if is_known else forecast.UNKNOWN
    record.msg = f"{record.msg}\n{length}\n"
    if not workflow.dryrun:
        RUN[:] = progress.Progress(record.stats, seconds, slots, is_known), as_usual
    elif as_usual:
        # with these Snakemake ends a dry run here
        settings.quiet = {Quietness.RULES, Quietness.PROGRESS}
    return True


def tell_progress(record, event, run, in_our_words):
    """Note what happens to a job; a line per job takes the place of Snakemake's own six."""
    if event is LogEvent.JOB_INFO:
        line = run.start(record.jobid, record.rule_name, record.rule_msg or record.rule_name)
        if in_our_words:
            record.event, record.msg = None, f"[{time.strftime('%H:%M:%S')}] {line}"
    elif event is LogEvent.JOB_FINISHED:
        run.finish(record.job_id)
    elif event is LogEvent.JOB_ERROR:
        run.fail(record.jobid, [Path(file) for file in record.log])
        if in_our_words:
            record.input, record.shellcmd = [], None  # they may be pages long, and the log says what went wrong
    superfluous = event in (LogEvent.JOB_STARTED, LogEvent.JOB_FINISHED) or record.msg == "Select jobs to execute..."
    superfluous |= event is LogEvent.PROGRESS and record.done < record.total
    superfluous |= event is LogEvent.ERROR and "CalledProcessError" in record.msg  # JOB_ERROR says it, too
    return not (in_our_words and superfluous)


def tell_failures():
    """Say in the end what failed: it may have scrolled away."""
    if RUN and (text := RUN[0].failures()):
        logger.error(f"\n{text}\n")


def warm_up(workflow):
    """Start the process that jobs on this machine are copied from, if there are enough of them to be worth it."""
    due = [job.rule.name for job in workflow.dag.needrun_jobs()]
    has_other_environments = workflow.deployment_settings.deployment_method
    if len(due) < 10 or not workflow.local_exec or has_other_environments or not hasattr(os, "pidfd_open"):
        return
    address = Path(tempfile.mkdtemp(prefix="robustloc-"), "socket")
    os.environ[fork_server.VARIABLE] = f"{sys.prefix}|{address}"
    # what jobs begin with, too, and libraries read when they are imported
    environment = os.environ | dict.fromkeys(THREADS, "1") | {"OMP_WAIT_POLICY": "PASSIVE", "TQDM_MININTERVAL": "10"}
    command = [sys.executable, "-m", "robustloc.jobs.fork_server", str(address), str(os.getpid())]
    subprocess.Popen(
        [*command, *SHARED, *LIGHTNING * ("train" in due)],
        env=environment | {"PYTHONPATH": SOURCE},
        start_new_session=True,
    )


logger.addFilter(tell)


def growing(amount):
    """A resource that grows with every attempt: what failed for want of it gets more."""
    return lambda wildcards, attempt: amount * attempt


def experiment(wc, input):
    """What `snakemake` was called for, as arguments; a function of the inputs, which Snakemake does not track."""
    settings = workflow.config_settings
    files = ["--configfiles", *map(str, settings.configfiles)] if settings.configfiles else []
    return ["--snakefile", workflow.main_snakefile, *files, "--config", section(**settings.config)]
