"""robustloc: raw DeepMIMO scenario -> ADPs -> localizers -> adversarial sets -> tables, figures, report.

Targets, each with everything before it: raw, adp, checkpoints, attacks, verdicts, certificates, tables, figures, report, all
(the default), and parts of it, such as model_dcnn. verify checks what is there. `snakemake --list` lists them all.
"""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config.yaml"


pathvars:
    logs="<results>/logs",


report: "rules/captions/workflow.rst"


include: "rules/common.smk"
include: "rules/localizers.smk"
include: "rules/running.smk"
include: "rules/raw.smk"
include: "rules/adp.smk"
include: "rules/train.smk"
include: "rules/attack.smk"
include: "rules/judging.smk"
include: "rules/verdict.smk"
include: "rules/certify.smk"
include: "rules/evaluate.smk"
include: "rules/tables.smk"
include: "rules/drawing.smk"
include: "rules/figures.smk"
include: "rules/verify.smk"
include: "rules/reporting.smk"
include: "rules/report.smk"
include: "rules/parts.smk"


# Less work than asking a cluster for it.
localrules:
    worst,
    judge,
    certified,
    evaluate,
    layout,
    leaderboard,
    dictionary,
    figure,
    inspect,
    provenance,
    verify,
    page,


onstart:
    warm_up(workflow)


onerror:
    tell_failures()


# Targets list every file on the way, not just the last: after a job failed, its consumers alone do not show that an
# older result is stale.
rule all:
    """Tables, figures and the report, with everything before them."""
    default_target: True
    input:
        rules.report.input,
        page="<results>/report.html",
        table="<results>/tables/rmse.md",
    message:
        "All results are there; open {input.page} first, or read {input.table}"
