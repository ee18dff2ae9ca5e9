"""What a run prints: an estimate before it starts, one line per job, and a summary of failures at its end."""

import time
from collections.abc import Iterable
from logging import LogRecord
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from snakemake.exceptions import CliException
from snakemake.logging import LogEvent
from snakemake.settings.enums import Quietness

from robustloc.jobs import dry_run, forecast, sharing, targets
from robustloc.jobs.progress import Progress, notes

if TYPE_CHECKING:  # imported while Snakemake imports itself otherwise
    from snakemake.workflow import Workflow

# What profiles/default hides. A user who asks for something else gets Snakemake's own lines.
QUIET_IN_PROFILE = {Quietness.HOST, Quietness.REASON}
# Sections that make jobs larger or smaller than the reference times assume.
SIZES = {"scenarios", "training", "crafting", "verdict", "convergence", "certificates", "margins"}
# libyaml's, where it is installed, is ten times as fast
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Snakemake's message before it plans, when it knows its rules and targets
PLANS = "Building DAG of jobs..."


class Console:
    """A filter of Snakemake's log: it adds estimates and progress, and drops routine messages.

    Args:
        workflow: the workflow that runs.
        experiment: its name; empty for config.yaml alone.
        summary: provenance.json of the experiment's last run, which need not exist.
        reference: YAML file with the seconds that a job of each rule takes on one core.
    """

    def __init__(self, workflow: "Workflow", experiment: str, summary: Path, reference: Path):
        self._workflow, self._experiment = workflow, experiment
        self._summary, self._reference = summary, reference
        self._run: Progress | None = None  # once the jobs are counted
        self._replaces_lines = False
        self._logs: dict[int, list[Path]] = {}  # of the jobs that run
        self._is_planned = False

    def filter(self, record: LogRecord) -> bool:
        """Change a message and return whether it is printed, see `logging.Filter`.

        Raises:
            CliException: a target does not exist, or a due job would replace a result of another experiment. Snakemake
                has changed nothing when it reports that it plans, and the counts of the jobs.
        """
        event = getattr(record, "event", None)
        if record.msg == PLANS:
            _refuse(targets.mistakes(self._workflow))
        if event is LogEvent.RUN_INFO:
            return self._count(record)
        if self._is_planned and self._workflow.touch:
            return self._follow_touching(record, event)
        return self._run is None or self._follow(record, event)

    def failures(self) -> str:
        """Summarise the failed jobs, which may have scrolled away; empty if there are none."""
        return self._run.failures() if self._run else ""

    def _count(self, record: LogRecord) -> bool:
        """Add the run time to the counts of the jobs; a dry run that lists all jobs reports the counts twice."""
        if self._is_planned:
            return False
        self._is_planned, workflow, settings = True, self._workflow, self._workflow.output_settings
        forced = frozenset(workflow.dag_settings.forcerun)
        _refuse(sharing.conflicts(dry_run.planned(workflow.dag), self._experiment, forced))
        self._replaces_lines = (
            settings.quiet == QUIET_IN_PROFILE and not settings.printshellcmds and not settings.log_handler_settings
        )
        if not workflow.touch:
            self._estimate(record)
        if workflow.dryrun and self._replaces_lines:
            # Snakemake ends a dry run here with these settings.
            settings.quiet = {Quietness.RULES, Quietness.PROGRESS}
        return True

    def _estimate(self, record: LogRecord) -> None:
        """Add the run time to the counts of the jobs, and follow these jobs from now on."""
        workflow = self._workflow
        slots = workflow.nodes or workflow.cores or 1
        expected = yaml.safe_load(self._reference.read_text(encoding="utf-8"))
        seconds = forecast.seconds_per_job(self._summary, expected)
        is_known = self._summary.is_file() or not changed_sections(workflow) & SIZES
        chains = forecast.chains(workflow.dag, seconds)
        longest_s = max(chains.values(), default=0)
        length = forecast.forecast(record.stats, seconds, slots, longest_s) if is_known else forecast.UNKNOWN
        record.msg = f"{record.msg}\n{length}\n"
        if not workflow.dryrun:
            self._run = Progress(record.stats, seconds, slots, is_known, chains)

    def _follow(self, record: LogRecord, event: LogEvent | None) -> bool:
        """Note what happens to a job; one line per job replaces Snakemake's six."""
        if event is LogEvent.JOB_INFO:
            line = self._run.start(record.jobid, record.rule_name, record.rule_msg or record.rule_name)
            self._logs[record.jobid] = [Path(file) for file in record.log]
            if self._replaces_lines:
                record.event, record.msg = None, f"[{time.strftime('%H:%M:%S')}] {line}"
        elif event is LogEvent.JOB_FINISHED:
            self._run.finish(record.job_id)
            if (found := notes(self._logs.pop(record.job_id, []))) and self._replaces_lines:
                record.event, record.msg = None, "\n".join(found)
                return True
        elif event is LogEvent.JOB_ERROR:
            self._run.fail(record.jobid, [Path(file) for file in record.log])
            if self._replaces_lines:
                record.input, record.shellcmd = [], None  # they can be pages long, and the log has the cause
        return not (self._replaces_lines and _is_routine(record, event))

    def _follow_touching(self, record: LogRecord, event: LogEvent | None) -> bool:
        """Drop the lines of jobs, which do nothing but touch files, and report a target whose files are missing."""
        if event is LogEvent.JOB_INFO and not record.output:
            missing = [file for file in map(str, record.input) if not Path(file).exists()]
            if missing:
                record.rule_msg = (
                    f"{record.rule_name}: {len(missing)} files are missing and were not touched, such as {missing[0]}; "
                    "run again without --touch to make them"
                )
            if self._replaces_lines:
                record.event, record.msg = None, record.rule_msg or record.rule_name
            return True
        return not (self._replaces_lines and (event is LogEvent.JOB_INFO or _is_routine(record, event)))


def _refuse(mistakes: str) -> None:
    """End the planning if there are mistakes."""
    if mistakes:
        raise CliException(mistakes)  # of Snakemake's errors the one without a traceback


def _is_routine(record: LogRecord, event: LogEvent | None) -> bool:
    """Return whether a message repeats what the lines of the jobs say."""
    if event is LogEvent.PROGRESS:
        return record.done < record.total
    if event is LogEvent.ERROR:
        return "CalledProcessError" in record.msg  # JOB_ERROR reports it
    return event in (LogEvent.JOB_STARTED, LogEvent.JOB_FINISHED) or record.msg == "Select jobs to execute..."


def changed_sections(workflow: "Workflow") -> set[str]:
    """List the sections in which an experiment differs from config.yaml."""
    overlays = [yaml.safe_load(Path(file).read_text(encoding="utf-8")) for file in workflow.overwrite_configfiles]
    return {key for overlay in [*overlays, workflow.config_settings.config] for key in overlay or {}}


def duplicate_keys(files: Iterable[Path]) -> list[str]:
    """Describe the keys of each YAML file that occur twice in one mapping; YAML would silently keep the last one."""
    found = {file: _duplicates(yaml.compose(file.read_text(encoding="utf-8"), Loader=LOADER)) for file in files}
    return [
        f"{file}: expected each key once, found duplicates: {', '.join(keys)}; merge their values"
        for file, keys in found.items()
        if keys
    ]


def _duplicates(node: yaml.Node | None, place: str = "") -> list[str]:
    found: list[str] = []
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, list[str]] = {}
        for key, _ in node.value:
            lines.setdefault(key.value, []).append(str(key.start_mark.line + 1))
        found += [f"{place}{key} (lines {' and '.join(own)})" for key, own in lines.items() if len(own) > 1]
        inner = [(f"{place}{key.value}.", value) for key, value in node.value]
    else:
        inner = [(place, value) for value in node.value] if isinstance(node, yaml.SequenceNode) else []
    return found + [one for below, value in inner for one in _duplicates(value, below)]
