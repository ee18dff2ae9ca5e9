# All of it on one page.


rule report:
    """report.html: what was run and what came of it, one page that opens offline; with everything before it."""
    input:
        rules.figures.input,
        "<results>/provenance.json",
        page="<results>/report.html",
    message:
        "The report is there: {input.page}"


rule page:
    """report.html alone."""
    input:
        summary="<results>/tables/summary.csv",
        leaderboard="<results>/tables/leaderboard.csv",
        verdicts="<results>/tables/verdicts.csv",
        certified=CERTIFIED[:1],
        manifests=expand("<results>/{place}/manifest.json", place=SCENARIOS),
        tests=expand("<results>/{place}/test.parquet", place=SCENARIOS),
        figures=expand("<results>/figures/{figure}.png", figure=REPORTED),
        captions=expand("<results>/figures/{figure}.txt", figure=REPORTED),
        provenance="<results>/provenance.json",
    output:
        page=report(
            "<results>/report.html",
            caption="captions/page.rst",
            category="Report",
            labels={"page": "everything"},
        ),
    log:
        "<logs>/report.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=reporting(),
        code=code("stages.page"),
    message:
        "Write the report"
    shell:
        "python -m robustloc.jobs page --config {params.cfg:q} --code stages.page"
        " --summary {input.summary:q} --leaderboard {input.leaderboard:q} --verdicts {input.verdicts:q}"
        " --certified {input.certified:q} --manifests {input.manifests:q} --tests {input.tests:q}"
        " --figures {input.figures:q} --captions {input.captions:q} --provenance {input.provenance:q} --page {output.page:q} > {log:q} 2>&1"
