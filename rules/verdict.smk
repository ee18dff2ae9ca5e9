# Can the errors under attack be believed? Every attacked localizer is examined, and judged beside the others.


rule verdicts:
    """verdicts.csv: every check of every attacked localizer."""
    input:
        rules.checkpoints.input,
        EXAMINATIONS,
        TRANSFERS,
        written("verdicts"),
        table="<results>/tables/verdicts.csv",
    message:
        "Verdicts are there: {input.table}"


rule examine:
    """Figures that a verdict is made of: results/{scenario}/{model}/{defence}/seed{seed}/examination.json."""
    input:
        manifest="<results>/{scenario}/manifest.json",
        test="<results>/{scenario}/test.parquet",
        checkpoint=CHECKPOINT,
    output:
        examination=EXAMINATION,
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/examine.log",
    conda:
        "../envs/robustloc.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cfg=lambda wc: section(model=network_of(wc)["plugin"], **examining(wc.scenario, "queries")),
        modules=examiners,
        code=lambda wc: code(*examiners(wc)),
    message:
        "Examine {wildcards.model} (defence {wildcards.defence}, seed {wildcards.seed}) on {wildcards.scenario}"
    shell:
        "python -m robustloc.jobs examine --config {params.cfg:q} --code {params.modules}"
        " --manifest {input.manifest:q} --test {input.test:q} --checkpoint {input.checkpoint:q}"
        " --examination {output.examination:q} > {log:q} 2>&1"


rule transfer:
    """Errors under examples of other localizers: results/{scenario}/transfer-seed{seed}.csv."""
    input:
        manifest="<results>/{scenario}/manifest.json",
        test="<results>/{scenario}/test.parquet",
        checkpoints=lambda wc: [CHECKPOINT.format(**cell) for cell in judged(wc)],
    output:
        table=TRANSFER,
    log:
        "<logs>/{scenario}/transfer-seed{seed}.log",
    conda:
        "../envs/robustloc.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cfg=lambda wc: section(
            localizers=sorted([cell[name] for name in LOCALIZER] for cell in judged(wc)),
            **examining(wc.scenario),
        ),
        modules=lambda wc: ["stages.transfer", *localizer_modules(*judged(wc))],
        code=lambda wc: code("stages.transfer", *localizer_modules(*judged(wc))),
    message:
        "Try the localizers' adversarial examples on each other on {wildcards.scenario}, seed {wildcards.seed}"
    shell:
        "python -m robustloc.jobs transfer --config {params.cfg:q} --code {params.modules}"
        " --manifest {input.manifest:q} --test {input.test:q} --checkpoints {input.checkpoints:q}"
        " --table {output.table:q} > {log:q} 2>&1"


rule judge:
    """verdicts.csv and .parquet alone."""
    input:
        examinations=EXAMINATIONS,
        transfers=TRANSFERS,
    output:
        table=reported("verdicts"),
    log:
        "<logs>/verdicts.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=section(localizers=sorted(cells.judged(GRIDS), key=str), limits=config["verdict"]["limits"]),
        code=code("stages.judge"),
    message:
        "Judge the localizers"
    shell:
        "python -m robustloc.jobs judge --config {params.cfg:q} --code stages.judge"
        " --examinations {input.examinations:q} --transfers {input.transfers:q} --table {output.table:q}"
        " > {log:q} 2>&1"
