"""The console adds an estimate, one line per job and a summary of failures, and drops routine messages."""

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.logging import LogEvent
from snakemake.settings.enums import Quietness

from robustloc.jobs import console

# no jobs with files
DAG = SimpleNamespace(jobs=[], needrun_jobs=lambda: [])
STATS = {"train": 2, "attack": 4, "total": 6}


def workflow(
    quiet: set[Quietness] | None = None, dryrun: bool = False, touch: bool = False, **config: object
) -> SimpleNamespace:
    """The parts of a workflow that the console reads, under the default profile."""
    settings = SimpleNamespace(
        quiet=console.QUIET_IN_PROFILE if quiet is None else quiet, printshellcmds=False, log_handler_settings={}
    )
    given = SimpleNamespace(config=config)
    return SimpleNamespace(
        output_settings=settings,
        nodes=None,
        cores=2,
        dryrun=dryrun,
        touch=touch,
        overwrite_configfiles=[],
        config_settings=given,
        dag=DAG,
        dag_settings=SimpleNamespace(forcerun=frozenset()),
    )


def record(event: LogEvent | None, message: str = "", **fields: object) -> logging.LogRecord:
    """A message from Snakemake."""
    made = logging.LogRecord("snakemake", logging.INFO, "", 0, message, None, None)
    made.__dict__.update({"event": event, **fields})
    return made


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """Reference times of two rules."""
    file = tmp_path / "seconds.yaml"
    file.write_text("train: 60\nattack: 30\n")
    return file


def test_estimate(tmp_path: Path, reference: Path) -> None:
    """The estimate before a run uses the reference times; it is unknown for jobs of another size."""
    usual, other = record(LogEvent.RUN_INFO, "Job stats", stats=STATS), record(LogEvent.RUN_INFO, "", stats=STATS)
    assert console.Console(workflow(), "", tmp_path / "none.json", reference).filter(usual)
    assert console.Console(workflow(training={"epochs": 1}), "", tmp_path / "none.json", reference).filter(other)

    assert usual.msg.startswith("Job stats\n")
    assert "2 min" in usual.msg
    assert console.forecast.UNKNOWN in other.msg


@pytest.mark.parametrize("section", ["scenarios", "training", "verdict", "convergence", "certificates", "margins"])
def test_sections_that_change_the_length_of_jobs(tmp_path: Path, reference: Path, section: str) -> None:
    """Jobs of another size have no estimate; jobs of another name have one."""
    made = {name: record(LogEvent.RUN_INFO, "", stats=STATS) for name in (section, "name")}
    for name, counts in made.items():
        changed = workflow(**{name: {"users": 7}})
        console.Console(changed, "", tmp_path / "none.json", reference).filter(counts)

    assert console.forecast.UNKNOWN in made[section].msg
    assert console.forecast.UNKNOWN not in made["name"].msg


def test_lines_of_jobs(tmp_path: Path, reference: Path) -> None:
    """A job is one line; messages that repeat it are dropped, errors are not, and failures are summarised."""
    log = tmp_path / "train.log"
    log.write_text("the cause\n")
    made = console.Console(workflow(), "", tmp_path / "none.json", reference)
    made.filter(record(LogEvent.RUN_INFO, "", stats=STATS))
    started = record(LogEvent.JOB_INFO, "six lines", jobid=1, rule_name="train", rule_msg="Train dcnn", log=[])
    failed = record(LogEvent.JOB_ERROR, "", jobid=1, log=[str(log)], input=["many"], shellcmd="long")

    assert made.filter(started)
    assert "Train dcnn (train 1 of 2)" in started.msg
    assert not made.filter(record(LogEvent.JOB_STARTED))
    assert not made.filter(record(LogEvent.PROGRESS, done=1, total=6))
    assert made.filter(record(LogEvent.PROGRESS, done=6, total=6))
    assert made.filter(failed)
    assert (failed.input, failed.shellcmd) == ([], None)
    assert not made.filter(record(LogEvent.ERROR, "CalledProcessError: train"))
    assert made.filter(record(LogEvent.ERROR, "another error"))
    assert "the cause" in made.failures()


def test_other_settings_keep_the_lines_of_snakemake(tmp_path: Path, reference: Path) -> None:
    """If a user asks for other output, Snakemake's own lines are printed."""
    made = console.Console(workflow(quiet=set()), "", tmp_path / "none.json", reference)
    made.filter(record(LogEvent.RUN_INFO, "", stats=STATS))
    started = record(LogEvent.JOB_INFO, "six lines", jobid=1, rule_name="train", rule_msg="Train dcnn", log=[])

    assert made.filter(started)
    assert started.msg == "six lines"
    assert made.filter(record(LogEvent.JOB_STARTED))
    assert made.failures() == ""


def test_notes_of_a_finished_job(tmp_path: Path, reference: Path) -> None:
    """A note in the log of a job is printed once, when the job ends; other lines of the log are not."""
    log = tmp_path / "split.log"
    log.write_text("1 file\nnote: hall: 3 paths are dropped\nnotes: none\n")
    made = console.Console(workflow(), "", tmp_path / "none.json", reference)
    made.filter(record(LogEvent.RUN_INFO, "", stats=STATS))
    for job, files in ((1, [str(log)]), (2, [str(tmp_path / "missing.log")])):
        made.filter(record(LogEvent.JOB_INFO, "", jobid=job, rule_name="train", rule_msg="Split", log=files))
    first, again, other = (record(LogEvent.JOB_FINISHED, "Finished", job_id=job) for job in (1, 1, 2))

    assert [made.filter(one) for one in (first, again, other)] == [True, False, False]
    assert first.msg == "note: hall: 3 paths are dropped"


def test_duplicate_keys(tmp_path: Path) -> None:
    """A key that a mapping has twice is named with its place and lines, at every depth; other files have no message."""
    file, sound = tmp_path / "x.yaml", tmp_path / "y.yaml"
    file.write_text("a: 1\nb:\n  - {c: 1, c: 2}\na: 3\n")
    sound.write_text("a: 1\n")

    found = console.duplicate_keys([file, sound])

    keys = "a (lines 1 and 4), b.c (lines 3 and 3)"
    assert found == [f"{file}: expected each key once, found duplicates: {keys}; merge their values"]


def test_counts_are_reported_once(tmp_path: Path, reference: Path) -> None:
    """A dry run that lists its jobs reports their counts before and after the list; one of them is dropped."""
    made = console.Console(workflow(set(), dryrun=True), "", tmp_path / "none.json", reference)
    first, second = (record(LogEvent.RUN_INFO, "Job stats", stats=STATS) for _ in range(2))

    assert made.filter(first)
    assert not made.filter(second)
    assert first.msg.count("Estimated run time") == 1


@pytest.mark.parametrize("quiet", [None, set()], ids=["one line", "all lines"])
def test_touch(tmp_path: Path, reference: Path, quiet: set | None) -> None:
    """Touching estimates no time; a target is complete only if all its files exist."""
    (tmp_path / "a.csv").touch()
    made = console.Console(workflow(quiet, touch=True), "", tmp_path / "none.json", reference)
    counts = record(LogEvent.RUN_INFO, "Job stats", stats=STATS)
    assert made.filter(counts)
    assert counts.msg == "Job stats"
    paths = [str(tmp_path / name) for name in ("a.csv", "b.csv", "c.csv")]
    target = {"rule_name": "all", "output": [], "jobid": 1, "rule_msg": "All results are complete"}
    lacking, whole = (record(LogEvent.JOB_INFO, "", input=files, **target) for files in (paths, paths[:1]))

    assert made.filter(lacking)
    assert made.filter(whole)

    what = f"all: 2 files are missing and were not touched, such as {paths[1]}; run again without --touch to make them"
    assert lacking.rule_msg == what
    assert whole.rule_msg == "All results are complete"
    job = record(LogEvent.JOB_INFO, "", jobid=2, rule_name="train", rule_msg="Train", input=[], output=["x"])
    assert made.filter(job) == (quiet is not None)
    assert made.failures() == ""
