# What all rules share: the checked experiment, wildcard constraints, and how jobs run and report. It has no rule.

import sys
from functools import partial
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.pathvars import Pathvars

# The code beside the Snakefile runs and is fingerprinted, wherever another copy of the package is installed.
SOURCE = str(Path(workflow.basedir, "src"))
sys.path.insert(0, SOURCE)

from robustloc.base.errors import UserError
from robustloc.experiment import description, entries, job_inputs, localizers, verdict_inputs
from robustloc.experiment.config import check
from robustloc.experiment.experiment import (
    ATTACK_SET,
    CERTIFICATE,
    CHECKPOINT,
    CLEAN_SET,
    CONVERGENCE,
    CSI,
    EXAMINATION,
    MARGIN,
    TRACED,
    TRANSFER,
    Experiment,
    table,
)
from robustloc.jobs import console
from robustloc.jobs import shell as job_shell
from robustloc.jobs.fingerprint import code, section

if braces := set("{}").intersection(workflow.basedir):
    raise WorkflowError(
        f"{workflow.basedir}: Snakemake reads {' and '.join(sorted(braces))} as wildcards; rename this folder"
    )
if duplicates := console.duplicate_keys(Path(file) for file in workflow.configfiles):
    raise WorkflowError("\n".join(duplicates))
try:
    SCHEMA = Path(workflow.basedir, "config.schema.yaml").read_text(encoding="utf-8")
    check(config, yaml.load(SCHEMA, Loader=console.LOADER))
    RUN = Experiment(config)
except UserError as error:
    raise WorkflowError(f"configuration: {error}") from None
workflow.pathvars.update(Pathvars.from_config(config))  # as the check has expanded them


def of(function):
    """Return a function of a job's wildcards that calls a function of the experiment; a user error ends the planning."""

    def for_job(wildcards):
        try:
            return function(RUN, **wildcards)
        except UserError as error:
            raise WorkflowError(str(error)) from None

    return for_job


def config_of(function):
    """Return the configuration that a job reads, as text, by the job's wildcards."""
    return lambda wildcards: section(**of(function)(wildcards))


def code_of(function):
    """Return the fingerprint of the code that a job runs, by the job's wildcards."""
    return lambda wildcards: code(*of(function)(wildcards))


def growing(amount):
    """Return a resource that grows with every attempt: a job that failed because it had too little gets more."""
    return lambda wildcards, attempt: amount * attempt


def reported(name, kind="Tables", caption="../src/robustloc/report/captions/table.rst"):
    """Return the files of a table; Snakemake's own report shows the CSV."""
    csv, parquet = table(name)
    return [report(csv, caption=caption, category=kind, labels={"table": name}), parquet]


def either(names):
    """Return a pattern that matches one of some names."""
    return "|".join(names) or "none"


wildcard_constraints:
    scenario=either(config["scenarios"]),
    model=either(config["models"]),
    defence=either(config["defences"]),
    attack=either(config["attacks"]),
    figure=either(RUN.figures),
    seed=r"\d+",
    shard=r"\d+",
    budget=r"(eps|psr-?)(0|[1-9]\d*)(\.\d*[1-9])?",


def command_line(wildcards, input):
    """Return the arguments of this `snakemake` call; Snakemake does not track parameters that depend on the inputs."""
    settings = workflow.config_settings
    files = ["--configfiles", *map(str, settings.configfiles)] if settings.configfiles else []
    return ["--snakefile", workflow.main_snakefile, *files, "--config", section(**settings.config)]


shell.prefix(job_shell.prefix(SOURCE, config["name"]))
CONSOLE = console.Console(
    workflow,
    config["name"],
    Path(workflow.pathvars.apply(RUN.folder), "provenance.json"),
    Path(SOURCE, "robustloc", "jobs", "seconds.yaml"),
)
logger.addFilter(CONSOLE)
