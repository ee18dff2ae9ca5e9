# Adversarial sets: localizer x attack x epsilon, and one clean set per localizer.


rule attacks:
    """Every adversarial set, and the clean ones."""
    input:
        rules.checkpoints.input,
        CHANNELS,
        SETS,
    message:
        "Adversarial sets are there"


rule csi:
    """Channel matrices for attacks over the air: results/{scenario}/csi.parquet."""
    input:
        raw=lambda wc: raw_files(wc.scenario),
        split="<results>/{scenario}/split.parquet",
    output:
        csi="<results>/{scenario}/csi.parquet",
    log:
        "<logs>/{scenario}/csi.log",
    conda:
        "../envs/robustloc.yaml"
    resources:
        mem_mb=growing(4000),
    params:
        cfg=lambda wc: section(
            scenario=wc.scenario,
            seed=config["seed"],
            examples=config["crafting"]["examples"],
            **chosen(wc.scenario, "base_station", "users", "channel"),
        ),
        modules=lambda wc: read_by("stages.csi", wc.scenario),
        code=lambda wc: code(*read_by("stages.csi", wc.scenario)),
    message:
        "Compute channel matrices of {wildcards.scenario}"
    shell:
        "python -m robustloc.jobs csi --config {params.cfg:q} --code {params.modules}"
        " --raw {input.raw:q} --split {input.split:q} --csi {output.csi:q} > {log:q} 2>&1"


rule attack:
    """One adversarial set: results/{scenario}/{model}/{defence}/seed{seed}/{attack}/eps{epsilon}.parquet, or psr{decibels}."""
    input:
        manifest="<results>/{scenario}/manifest.json",
        test="<results>/{scenario}/test.parquet",
        checkpoint=CHECKPOINT,
        surrogate=lambda wc: surrogate(wc, wc.attack),
        csi=lambda wc: channels(wc.scenario, wc.attack),
    output:
        set=ATTACK_SET,
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/{attack}/{budget}.log",
    wildcard_constraints:
        attack=either(name for name in config["attacks"] if name not in MEMBERS),
    conda:
        "../envs/robustloc.yaml"
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        cfg=lambda wc: crafting(wc, wc.attack, wc.budget),
        modules=lambda wc: attackers(wc, wc.attack),
        code=lambda wc: code(*attackers(wc, wc.attack)),
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
    params:
        cfg=crafting,
        modules=lambda wc: attackers(wc),
        code=lambda wc: code(*attackers(wc)),
    message:
        "Evaluate {wildcards.model} (defence {wildcards.defence}, seed {wildcards.seed}) on {wildcards.scenario}"


rule worst:
    """Each user's worst example of an ensemble of attacks, a set like theirs."""
    input:
        sets=lambda wc: [ATTACK_SET.format(**{**wc, "attack": member}) for member in MEMBERS[wc.attack]],
    output:
        set=ATTACK_SET,
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/{attack}/{budget}.log",
    wildcard_constraints:
        attack=either(MEMBERS),
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=lambda wc: section(cell=cell(wc, wc.attack, wc.budget)),
        code=code("stages.worst"),
    message:
        "Take the worst of {wildcards.attack} against {wildcards.model} (defence {wildcards.defence},"
        " seed {wildcards.seed}) on {wildcards.scenario}, {wildcards.budget}"
    shell:
        "python -m robustloc.jobs worst --config {params.cfg:q} --code stages.worst"
        " --sets {input.sets:q} --set {output.set:q} > {log:q} 2>&1"
