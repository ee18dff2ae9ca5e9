# Adversarial sets: localizer x attack x budget, and one clean set per localizer. On request, the smallest epsilon is
# searched that moves each user's estimate too far.


rule attacks:
    """Every adversarial set, and the clean ones."""
    input:
        rules.checkpoints.input,
        RUN.all_channels(RUN.scenarios),
        RUN.sets(),
    message:
        "Adversarial sets are complete"


rule attack:
    """One adversarial set: results/{scenario}/{model}/{defence}/seed{seed}/{attack}/eps{epsilon}.parquet, or psr{decibels}."""
    input:
        manifest="<results>/{scenario}/manifest.json",
        test="<results>/{scenario}/test.parquet",
        checkpoint=CHECKPOINT,
        surrogate=of(job_inputs.surrogate),
        csi=lambda wc: RUN.channels(wc.scenario, wc.attack),
    output:
        set=ATTACK_SET,
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/{attack}/{budget}.log",
    wildcard_constraints:
        attack=either(name for name in config["attacks"] if name not in RUN.members),
    conda:
        "../envs/robustloc.yaml"
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        cfg=config_of(job_inputs.attack),
        modules=of(job_inputs.attack_modules),
        code=code_of(job_inputs.attack_modules),
    message:
        "Attack {wildcards.model} (defence {wildcards.defence}, seed {wildcards.seed}) on {wildcards.scenario}"
        " with {wildcards.attack}, {wildcards.budget}"
    shell:
        "python -m robustloc.jobs attack --config {params.cfg:q} --code {params.modules}"
        " --manifest {input.manifest:q} --test {input.test:q} --checkpoint {input.checkpoint:q}"
        " --surrogate {input.surrogate:q} --csi {input.csi:q} --set {output.set:q} > {log:q} 2>&1"


use rule attack as clean with:
    """One localizer without attack: results/{scenario}/{model}/{defence}/seed{seed}/clean.parquet."""
    input:
        manifest="<results>/{scenario}/manifest.json",
        test="<results>/{scenario}/test.parquet",
        checkpoint=CHECKPOINT,
        surrogate=[],
        csi=[],
    output:
        set=CLEAN_SET,
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/clean.log",
    message:
        "Evaluate {wildcards.model} (defence {wildcards.defence}, seed {wildcards.seed}) on {wildcards.scenario}"


rule worst:
    """Each user's worst example of an ensemble of attacks, a set of the same form."""
    input:
        sets=of(job_inputs.member_sets),
    output:
        set=ATTACK_SET,
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/{attack}/{budget}.log",
    wildcard_constraints:
        attack=either(RUN.members),
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=config_of(job_inputs.worst),
        code=code("stages.worst"),
    message:
        "Take the worst of {wildcards.attack} against {wildcards.model} (defence {wildcards.defence},"
        " seed {wildcards.seed}) on {wildcards.scenario}, {wildcards.budget}"
    shell:
        "python -m robustloc.jobs worst --config {params.cfg:q} --code stages.worst"
        " --sets {input.sets:q} --set {output.set:q} > {log:q} 2>&1"


rule margins:
    """margins.csv, .parquet and .md: the smallest epsilons that move users' estimates by more than tolerance_m."""
    input:
        rules.checkpoints.input,
        RUN.margins(),
        table("margins"),
        table="<experiment>/tables/margins.md",
    message:
        "Smallest epsilons are complete: {input.table}"


rule bisect:
    """The smallest epsilon of each user of one localizer: results/{scenario}/{model}/{defence}/seed{seed}/margin.csv."""
    input:
        manifest="<results>/{scenario}/manifest.json",
        test="<results>/{scenario}/test.parquet",
        checkpoint=CHECKPOINT,
    output:
        margin=MARGIN,
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/bisect.log",
    conda:
        "../envs/robustloc.yaml"
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cfg=config_of(job_inputs.bisect),
        modules=of(job_inputs.bisect_modules),
        code=code_of(job_inputs.bisect_modules),
    message:
        "Search the smallest epsilons of {wildcards.model} (defence {wildcards.defence}, seed {wildcards.seed}) on"
        " {wildcards.scenario}"
    shell:
        "python -m robustloc.jobs bisect --config {params.cfg:q} --code {params.modules}"
        " --manifest {input.manifest:q} --test {input.test:q} --checkpoint {input.checkpoint:q}"
        " --margin {output.margin:q} > {log:q} 2>&1"


rule bisected:
    """margins.csv, .parquet and .md alone."""
    input:
        margins=RUN.margins(),
    output:
        table=reported("margins"),
        markdown="<experiment>/tables/margins.md",
    log:
        "<experiment>/logs/bisected.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=config_of(job_inputs.bisected),
        code=code("stages.bisected"),
    message:
        "Merge the smallest epsilons into one table"
    shell:
        "python -m robustloc.jobs bisected --config {params.cfg:q} --code stages.bisected"
        " --margins {input.margins:q} --table {output.table:q} --markdown {output.markdown:q} > {log:q} 2>&1"
