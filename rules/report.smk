# The report of the whole experiment, the verification of all results, and parts of the experiment by name.


rule report:
    """report.html: the whole experiment on one page that opens offline; with everything before it."""
    input:
        rules.figures.input,
        "<experiment>/provenance.json",
        page="<experiment>/report.html",
    message:
        "The report is complete: {input.page}"


rule provenance:
    """provenance.json alone: versions, hardware and time of all results, after a check that they are current."""
    input:
        RUN.tables(),
        expand("<experiment>/tables/{file}", file=["rmse.md", "dictionary.md"]),
        expand("<experiment>/figures/{figure}.pdf", figure=RUN.figures),
        CERTIFIED,
    output:
        summary="<experiment>/provenance.json",
    log:
        "<experiment>/logs/provenance.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        experiment=command_line,
        code=code("stages.verify"),
    message:
        "Compare every result with today's configuration, code and inputs"
    shell:
        "python -m robustloc.jobs verify {params.experiment:q} --target figures --summary {output.summary:q}"
        " > {log:q} 2>&1"


rule verify:
    """Compare every result with today's configuration, code and inputs; no file is made."""
    log:
        "<experiment>/logs/verify.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        experiment=command_line,
    message:
        "Compare every result with today's configuration, code and inputs"
    shell:
        "python -m robustloc.jobs verify {params.experiment:q} --target all 2> {log:q}"


rule page:
    """report.html alone."""
    input:
        summary="<experiment>/tables/summary.csv",
        leaderboard="<experiment>/tables/leaderboard.csv",
        verdicts="<experiment>/tables/verdicts.csv",
        certified=CERTIFIED[:1],
        manifests=expand("<results>/{place}/manifest.json", place=RUN.scenarios),
        tests=expand("<results>/{place}/test.parquet", place=RUN.scenarios),
        figures=expand("<experiment>/figures/{figure}.png", figure=RUN.figures),
        captions=expand("<experiment>/figures/{figure}.txt", figure=RUN.figures),
        provenance="<experiment>/provenance.json",
    output:
        page=report(
            "<experiment>/report.html",
            caption="../src/robustloc/report/captions/page.rst",
            category="Report",
            labels={"page": "everything"},
        ),
    log:
        "<experiment>/logs/report.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=config_of(description.page),
        code=code("stages.page"),
    message:
        "Write the report"
    shell:
        "python -m robustloc.jobs page --config {params.cfg:q} --code stages.page"
        " --summary {input.summary:q} --leaderboard {input.leaderboard:q} --verdicts {input.verdicts:q}"
        " --certified {input.certified:q} --manifests {input.manifests:q} --tests {input.tests:q}"
        " --figures {input.figures:q} --captions {input.captions:q} --provenance {input.provenance:q}"
        " --page {output.page:q} > {log:q} 2>&1"


# Parts of the experiment by a short name, such as scenario_indoor, model_dcnn, figure_fig4.
for NAME in RUN.scenarios:

    rule:
        """Localizers and sets of one scenario."""
        name:
            f"scenario_{NAME}"
        input:
            RUN.part("scenarios", NAME),


for NAME in RUN.models:

    rule:
        """Localizers and sets of one model."""
        name:
            f"model_{NAME}"
        input:
            RUN.part("models", NAME),


for NAME in RUN.configured_figures:

    rule:
        """One configured figure, its values and caption, and the tables."""
        name:
            f"figure_{NAME}"
        input:
            rules.tables.input,
            RUN.drawn([NAME]),
