# What people look at: the paper's tables and figures.


rule tables:
    """rmse.csv, rmse.md, rmse.tex and the verdicts."""
    input:
        rules.attacks.input,
        rules.verdicts.input,
        expand("<results>/tables/rmse.{suffix}", suffix=["csv", "tex"]),
        "<results>/tables/verdicts.md",
        table="<results>/tables/rmse.md",
    message:
        "Tables are written: {input.table}"


rule figures:
    """Every figure as PNG and PDF."""
    input:
        rules.tables.input,
        expand("<results>/figures/{figure}.{suffix}", figure=FIGURES, suffix=["png", "pdf"]),
    message:
        "Figures are drawn"


rule layout:
    """rmse.md, rmse.tex and verdicts.md alone."""
    input:
        table="<results>/tables/rmse.csv",
        verdicts="<results>/tables/verdicts.csv",
    output:
        markdown="<results>/tables/rmse.md",
        verdicts="<results>/tables/verdicts.md",
        latex="<results>/tables/rmse.tex",
    log:
        "<logs>/layout.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=section(),
        code=code("stages.layout"),
    message:
        "Lay the table out as in the paper"
    shell:
        "python -m robustloc.stages.layout --config {params.cfg:q} --code stages.layout"
        " --table {input.table:q} --verdicts {input.verdicts:q} --markdown {output.markdown:q}"
        " --latex {output.latex:q} --verdicts-markdown {output.verdicts:q} > {log:q} 2>&1"


rule figure:
    input:
        unpack(shown),
    output:
        png="<results>/figures/{figure}.png",
        pdf="<results>/figures/{figure}.pdf",
    log:
        "<logs>/figures/{figure}.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=lambda wc: section(figure=FIGURES[wc.figure]),
        code=code("stages.figure"),
    message:
        "Draw {wildcards.figure}"
    shell:
        "python -m robustloc.stages.figure --config {params.cfg:q} --code stages.figure"
        " --table {input.table:q} --manifest {input.manifest:q} --test {input.test:q} --set {input.set:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"
