# Two tidy tables of all cells.


rule evaluate:
    """rmse and summary alone, as CSV and Parquet."""
    input:
        sets=SETS,
        verdicts="<results>/tables/verdicts.csv",
    output:
        table=written("rmse"),
        summary=reported("summary"),
    log:
        "<logs>/evaluate.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        # the stage lists the sets from this: their names may be too many for a command line
        cfg=section(
            grids=cells.canonical(GRIDS),
            budgets={
                name: {one: BUDGETS[name][one] for place, one in ATTACKED if place == name} for name in SCENARIOS
            },
        ),
        code=code("stages.summarise"),
    message:
        "Sum up all cells, and the seeds of each"
    shell:
        "python -m robustloc.jobs summarise --config {params.cfg:q} --code stages.summarise"
        " --verdicts {input.verdicts:q} --table {output.table:q} --summary {output.summary:q} > {log:q} 2>&1"
