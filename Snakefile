"""robustloc: raw DeepMIMO scenario -> ADPs -> localizers -> adversarial sets -> tables, figures, report.

Targets, each with everything before it: raw, adp, checkpoints, attacks, verdicts, convergence, certificates, margins,
tables, figures, report, all (the default), and parts of it, such as model_dcnn. verify checks existing results. `snakemake --list`
lists all targets.
"""

import os

from snakemake.utils import min_version

min_version("9.27")


# A folder without a configuration of its own uses the one beside this file.
configfile: "config.yaml" if os.path.exists("config.yaml") else os.path.join(workflow.basedir, "config.yaml")


include: "rules/setup.smk"


pathvars:
    logs="<results>/logs",
    experiment=RUN.folder,


report: "src/robustloc/report/captions/workflow.rst"


include: "rules/data.smk"
include: "rules/training.smk"
include: "rules/attacks.smk"
include: "rules/verdicts.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/report.smk"


# These jobs are shorter than a submission to a cluster.
localrules:
    worst,
    judge,
    converged,
    certified,
    bisected,
    summarise,
    layout,
    leaderboard,
    compare,
    dictionary,
    figure,
    inspect,
    provenance,
    verify,
    page,


onstart:
    job_shell.start_fork_server(workflow, SOURCE)


onerror:
    if failures := CONSOLE.failures():
        logger.error(f"\n{failures}\n")


# Targets list all intermediate files, not only the last ones: if a job fails, the files made from its output look
# complete, although they are stale.
rule all:
    """Tables, figures and the report, with everything before them."""
    default_target: True
    input:
        rules.report.input,
        page="<experiment>/report.html",
        table="<experiment>/tables/rmse.md",
    message:
        "All results are complete; open {input.page} first, or read {input.table}"
