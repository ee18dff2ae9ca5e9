# The tables of all cells, for programs and for people.


COMPARISONS = [f"<experiment>/tables/comparisons.{suffix}" for suffix in ("md", "tex")] if RUN.comparisons else []


rule tables:
    """rmse, summary, leaderboard, verdicts, convergence, certificates and comparisons, their dictionary, and texts of them."""
    input:
        rules.attacks.input,
        rules.verdicts.input,
        rules.convergence.input,
        rules.certificates.input,
        RUN.tables(),
        expand("<experiment>/tables/{file}", file=["rmse.tex", "matrices.md"]),
        expand("<experiment>/tables/leaderboard.{suffix}", suffix=["md", "tex"]),
        COMPARISONS,
        expand("<experiment>/tables/dictionary.{suffix}", suffix=["csv", "md"]),
        table="<experiment>/tables/rmse.md",
    message:
        "Tables are complete: {input.table}"


rule summarise:
    """rmse and summary alone, as CSV and Parquet."""
    input:
        sets=RUN.sets(),
        verdicts="<experiment>/tables/verdicts.csv",
    output:
        table=table("rmse"),
        summary=reported("summary"),
    log:
        "<experiment>/logs/summarise.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=section(**job_inputs.summarise(RUN)),
        code=code("stages.summarise"),
    message:
        "Summarise all cells, and the seeds of each"
    shell:
        "python -m robustloc.jobs summarise --config {params.cfg:q} --code stages.summarise"
        " --verdicts {input.verdicts:q} --table {output.table:q}"
        " --summary {output.summary:q} > {log:q} 2>&1"


rule layout:
    """rmse.md, rmse.tex and matrices.md alone."""
    input:
        summary="<experiment>/tables/summary.csv",
    output:
        markdown="<experiment>/tables/rmse.md",
        latex="<experiment>/tables/rmse.tex",
        matrices="<experiment>/tables/matrices.md",
    log:
        "<experiment>/logs/layout.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=section(**job_inputs.layout(RUN)),
        code=code("stages.layout"),
    message:
        "Write the tables as in the paper"
    shell:
        "python -m robustloc.jobs layout --config {params.cfg:q} --code stages.layout"
        " --summary {input.summary:q} --markdown {output.markdown:q} --latex {output.latex:q}"
        " --matrices {output.matrices:q}"
        " > {log:q} 2>&1"


rule leaderboard:
    """leaderboard alone, as CSV, Parquet, Markdown and LaTeX."""
    input:
        summary="<experiment>/tables/summary.csv",
        certified=CERTIFIED[:1],
        trainings=job_inputs.trainings(RUN),
    output:
        table=reported("leaderboard"),
        markdown="<experiment>/tables/leaderboard.md",
        latex="<experiment>/tables/leaderboard.tex",
    log:
        "<experiment>/logs/leaderboard.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=section(**job_inputs.leaderboard(RUN)),
        code=code("stages.leaderboard"),
    message:
        "Rank the localizers"
    shell:
        "python -m robustloc.jobs leaderboard --config {params.cfg:q} --code stages.leaderboard"
        " --summary {input.summary:q} --certified {input.certified:q}"
        " --table {output.table:q} --markdown {output.markdown:q} --latex {output.latex:q} > {log:q} 2>&1"


rule compare:
    """comparisons alone, as CSV, Parquet, Markdown and LaTeX."""
    input:
        sets=RUN.compared_sets(),
    output:
        table=reported("comparisons"),
        markdown="<experiment>/tables/comparisons.md",
        latex="<experiment>/tables/comparisons.tex",
    log:
        "<experiment>/logs/comparisons.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=config_of(job_inputs.compare),
        code=code("stages.compare"),
    message:
        "Compare localizers with their controls"
    shell:
        "python -m robustloc.jobs compare --config {params.cfg:q} --code stages.compare"
        " --table {output.table:q} --markdown {output.markdown:q} --latex {output.latex:q} > {log:q} 2>&1"


rule dictionary:
    """dictionary.csv and dictionary.md alone: type, unit and meaning of every column of the tables."""
    input:
        tables=[file for file in RUN.tables() if file.endswith(".parquet")],
    output:
        table="<experiment>/tables/dictionary.csv",
        markdown="<experiment>/tables/dictionary.md",
    log:
        "<experiment>/logs/dictionary.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=section(),
        code=code("stages.dictionary"),
    message:
        "List the meanings of the tables' columns"
    shell:
        "python -m robustloc.jobs dictionary --config {params.cfg:q} --code stages.dictionary"
        " --tables {input.tables:q} --table {output.table:q} --markdown {output.markdown:q} > {log:q} 2>&1"
