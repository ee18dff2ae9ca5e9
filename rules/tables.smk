# Tables that people and programs read, of the two tidy ones.


rule tables:
    """rmse, summary, leaderboard, verdicts and certificates as CSV and Parquet, what their columns mean, texts of them."""
    input:
        rules.attacks.input,
        rules.verdicts.input,
        rules.certificates.input,
        TABLES,
        expand("<results>/tables/{file}", file=["rmse.tex", "matrices.md", "verdicts.md"]),
        expand("<results>/tables/leaderboard.{suffix}", suffix=["md", "tex"]),
        expand("<results>/tables/dictionary.{suffix}", suffix=["csv", "md"]),
        table="<results>/tables/rmse.md",
    message:
        "Tables are written: {input.table}"


rule layout:
    """rmse.md, rmse.tex, matrices.md and verdicts.md alone."""
    input:
        summary="<results>/tables/summary.csv",
        verdicts="<results>/tables/verdicts.csv",
    output:
        markdown="<results>/tables/rmse.md",
        latex="<results>/tables/rmse.tex",
        matrices="<results>/tables/matrices.md",
        verdicts="<results>/tables/verdicts.md",
    log:
        "<logs>/layout.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=section(
            matrices=[one for one in config["figures"] if plugins.constant("figures", one["kind"], "SECTION") == "matrices"]
        ),
        code=code("stages.layout"),
    message:
        "Lay the table out as in the paper"
    shell:
        "python -m robustloc.jobs layout --config {params.cfg:q} --code stages.layout"
        " --summary {input.summary:q} --verdicts {input.verdicts:q} --markdown {output.markdown:q}"
        " --latex {output.latex:q} --matrices {output.matrices:q} --verdicts-markdown {output.verdicts:q}"
        " > {log:q} 2>&1"


rule leaderboard:
    """leaderboard alone, as CSV, Parquet, Markdown and LaTeX."""
    input:
        summary="<results>/tables/summary.csv",
        certified=CERTIFIED[:1],
    output:
        table=reported("leaderboard"),
        markdown="<results>/tables/leaderboard.md",
        latex="<results>/tables/leaderboard.tex",
    log:
        "<logs>/leaderboard.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=section(
            epsilons={name: threat_models.compared_epsilon(config, name) for name in SCENARIOS},
            localizers=sorted(([cell, lineage(cell)] for cell in cells.localizers(GRIDS)), key=str),
        ),
        code=code("stages.leaderboard"),
    message:
        "Put localizers beside each other"
    shell:
        "python -m robustloc.jobs leaderboard --config {params.cfg:q} --code stages.leaderboard"
        " --summary {input.summary:q} --certified {input.certified:q} --table {output.table:q}"
        " --markdown {output.markdown:q} --latex {output.latex:q} > {log:q} 2>&1"


rule dictionary:
    """dictionary.csv and dictionary.md alone: type, unit and meaning of every column of the tables."""
    input:
        tables=TABLES[1::2],
    output:
        table="<results>/tables/dictionary.csv",
        markdown="<results>/tables/dictionary.md",
    log:
        "<logs>/dictionary.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=section(),
        code=code("stages.dictionary"),
    message:
        "List what the tables' columns mean"
    shell:
        "python -m robustloc.jobs dictionary --config {params.cfg:q} --code stages.dictionary"
        " --tables {input.tables:q} --table {output.table:q} --markdown {output.markdown:q} > {log:q} 2>&1"
