# Can the errors under attack be believed, and which bounds are proven? Every attacked localizer is examined and judged,
# and its headline is compared with a longer attack. Every localizer under a defence that certifies gets a certificate.


rule verdicts:
    """verdicts.csv, .parquet and .md: every check of every attacked localizer."""
    input:
        rules.checkpoints.input,
        RUN.examinations(),
        RUN.transfers(),
        RUN.convergences(),
        table("verdicts"),
        table="<experiment>/tables/verdicts.md",
    message:
        "Verdicts are complete: {input.table}"


rule examine:
    """The measurements that a verdict depends on: results/{scenario}/{model}/{defence}/seed{seed}/examination.json."""
    input:
        manifest="<results>/{scenario}/manifest.json",
        test="<results>/{scenario}/test.parquet",
        checkpoint=CHECKPOINT,
        gradients=of(partial(verdict_inputs.examined_sets, kind="gradients")),
        others=of(partial(verdict_inputs.examined_sets, kind="others")),
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
        cfg=config_of(verdict_inputs.examine),
        modules=of(verdict_inputs.examine_modules),
        code=code_of(verdict_inputs.examine_modules),
    message:
        "Examine {wildcards.model} (defence {wildcards.defence}, seed {wildcards.seed}) on {wildcards.scenario}"
    shell:
        "python -m robustloc.jobs examine --config {params.cfg:q} --code {params.modules}"
        " --manifest {input.manifest:q} --test {input.test:q} --checkpoint {input.checkpoint:q}"
        " --gradients {input.gradients:q} --others {input.others:q}"
        " --examination {output.examination:q} > {log:q} 2>&1"


rule transfer:
    """Errors under examples of other localizers: {scenario}/transfer-seed{seed}.csv in the experiment's folder."""
    input:
        manifest="<results>/{scenario}/manifest.json",
        test="<results>/{scenario}/test.parquet",
        checkpoints=of(verdict_inputs.transfer_checkpoints),
    output:
        table=TRANSFER,
    log:
        "<experiment>/logs/{scenario}/transfer-seed{seed}.log",
    conda:
        "../envs/robustloc.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cfg=config_of(verdict_inputs.transfer),
        modules=of(verdict_inputs.transfer_modules),
        code=code_of(verdict_inputs.transfer_modules),
    message:
        "Test the localizers' adversarial examples on each other: {wildcards.scenario}, seed {wildcards.seed}"
    shell:
        "python -m robustloc.jobs transfer --config {params.cfg:q} --code {params.modules}"
        " --manifest {input.manifest:q} --test {input.test:q} --checkpoints {input.checkpoints:q}"
        " --table {output.table:q} > {log:q} 2>&1"


rule judge:
    """verdicts.csv, .parquet and .md alone."""
    input:
        examinations=RUN.examinations(),
        transfers=RUN.transfers(),
        convergences=RUN.convergences(),
    output:
        table=reported("verdicts"),
        markdown="<experiment>/tables/verdicts.md",
    log:
        "<experiment>/logs/verdicts.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=section(**verdict_inputs.judge(RUN)),
        code=code("stages.judge"),
    message:
        "Judge the localizers"
    shell:
        "python -m robustloc.jobs judge --config {params.cfg:q} --code stages.judge"
        " --examinations {input.examinations:q} --transfers {input.transfers:q}"
        " --convergences {input.convergences:q} --table {output.table:q} --markdown {output.markdown:q} > {log:q} 2>&1"


CONVERGED = [*table("convergence"), "<experiment>/tables/convergence.md"] if RUN.converged else []


rule convergence:
    """convergence.csv, .parquet and .md: how far a longer attack moves the headline of each localizer."""
    input:
        (rules.checkpoints.input if RUN.converged else []),
        RUN.convergences(),
        CONVERGED,
    message:
        "Comparisons with a longer attack are complete"


rule converge:
    """An attack beside one of many times its cost: results/{scenario}/{model}/{defence}/seed{seed}/convergence.csv."""
    input:
        manifest="<results>/{scenario}/manifest.json",
        test="<results>/{scenario}/test.parquet",
        checkpoint=CHECKPOINT,
        set=of(verdict_inputs.converged_set),
    output:
        convergence=CONVERGENCE,
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/converge.log",
    conda:
        "../envs/robustloc.yaml"
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cfg=config_of(verdict_inputs.converge),
        modules=of(verdict_inputs.converge_modules),
        code=code_of(verdict_inputs.converge_modules),
    message:
        "Attack {wildcards.model} (defence {wildcards.defence}, seed {wildcards.seed}) on {wildcards.scenario} for longer"
    shell:
        "python -m robustloc.jobs converge --config {params.cfg:q} --code {params.modules}"
        " --manifest {input.manifest:q} --test {input.test:q} --checkpoint {input.checkpoint:q} --set {input.set:q}"
        " --convergence {output.convergence:q} > {log:q} 2>&1"


rule converged:
    """convergence.csv, .parquet and .md alone."""
    input:
        convergences=RUN.convergences(),
    output:
        table=reported("convergence"),
        markdown="<experiment>/tables/convergence.md",
    log:
        "<experiment>/logs/convergence.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=config_of(verdict_inputs.converged),
        code=code("stages.converged"),
    message:
        "Compare the headlines with longer attacks"
    shell:
        "python -m robustloc.jobs converged --config {params.cfg:q} --code stages.converged"
        " --convergences {input.convergences:q} --table {output.table:q} --markdown {output.markdown:q} > {log:q} 2>&1"


CERTIFIED = [*table("certified"), "<experiment>/tables/certified.md"] if RUN.certificates() else []


rule certificates:
    """certified.csv, .parquet and .md: bounds on the errors of smoothed localizers under every attack."""
    input:
        (rules.checkpoints.input if RUN.certificates() else []),
        RUN.certificates(),
        CERTIFIED,
    message:
        "Certificates are complete"


rule certify:
    """Proven bounds of one smoothed localizer: results/{scenario}/{model}/{defence}/seed{seed}/certificate.csv."""
    input:
        manifest="<results>/{scenario}/manifest.json",
        test="<results>/{scenario}/test.parquet",
        checkpoint=CHECKPOINT,
    output:
        certificate=CERTIFICATE,
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/certify.log",
    wildcard_constraints:
        defence=either(name for name in config["defences"] if entries.certifies(config, name)),
    conda:
        "../envs/robustloc.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cfg=config_of(verdict_inputs.certify),
        modules=of(verdict_inputs.certify_modules),
        code=code_of(verdict_inputs.certify_modules),
    message:
        "Certify {wildcards.model} (defence {wildcards.defence}, seed {wildcards.seed}) on {wildcards.scenario}"
    shell:
        "python -m robustloc.jobs certify --config {params.cfg:q} --code {params.modules}"
        " --manifest {input.manifest:q} --test {input.test:q} --checkpoint {input.checkpoint:q}"
        " --certificate {output.certificate:q} > {log:q} 2>&1"


rule certified:
    """certified.csv, .parquet and .md alone."""
    input:
        certificates=RUN.certificates(),
    output:
        table=reported("certified"),
        markdown="<experiment>/tables/certified.md",
    log:
        "<experiment>/logs/certified.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=config_of(verdict_inputs.certified),
        code=code("stages.certified"),
    message:
        "Merge the certificates into one table"
    shell:
        "python -m robustloc.jobs certified --config {params.cfg:q} --code stages.certified"
        " --certificates {input.certificates:q} --table {output.table:q} --markdown {output.markdown:q} > {log:q} 2>&1"
