# Adversarial sets: localizer x attack x epsilon, and one clean set per localizer.


rule attacks:
    """Every adversarial set, and the clean ones."""
    input:
        rules.checkpoints.input,
        SETS,
    message:
        "Adversarial sets are there"


rule attack:
    input:
        manifest="<results>/{scenario}/manifest.json",
        test="<results>/{scenario}/test.parquet",
        checkpoint=CHECKPOINT,
    output:
        set=ATTACK_SET,
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/{attack}/eps{eps}.log",
    conda:
        "../envs/robustloc.yaml"
    resources:
        gpu=1,
    params:
        cfg=lambda wc: crafting(wc, wc.attack, wc.eps),
        modules=lambda wc: attackers(wc, wc.attack),
        code=lambda wc: code(*attackers(wc, wc.attack)),
    message:
        "Attack {wildcards.model} (defence {wildcards.defence}, seed {wildcards.seed}) on {wildcards.scenario}"
        " with {wildcards.attack}, epsilon {wildcards.eps}"
    shell:
        "python -m robustloc.stages.attack --config {params.cfg:q} --code {params.modules}"
        " --manifest {input.manifest:q} --test {input.test:q} --checkpoint {input.checkpoint:q}"
        " --set {output.set:q} > {log:q} 2>&1"


use rule attack as clean with:
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
