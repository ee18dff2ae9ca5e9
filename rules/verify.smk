# Are the results what today's configuration, code and inputs make? Asked without Snakemake's own records.


rule provenance:
    """provenance.json alone: how everything was made, after a check that it is what would be made today."""
    input:
        TABLES,
        expand("<results>/tables/{file}", file=["rmse.md", "dictionary.md"]),
        expand("<results>/figures/{figure}.pdf", figure=FIGURES),
        CERTIFIED,
    output:
        summary="<results>/provenance.json",
    log:
        "<logs>/provenance.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        experiment=experiment,
        code=code("stages.verify"),
    message:
        "Compare every result with what would be made today"
    shell:
        "python -m robustloc.jobs verify {params.experiment:q} --target figures --summary {output.summary:q} > {log:q} 2>&1"


rule verify:
    """Compare every result with today's configuration, code and inputs; nothing is made."""
    log:
        "<logs>/verify.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        experiment=experiment,
    message:
        "Compare every result with what would be made today"
    shell:
        "python -m robustloc.jobs verify {params.experiment:q} --target all 2> {log:q}"
