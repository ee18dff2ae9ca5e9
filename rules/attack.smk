# Adversarial sets: localizer x attack x epsilon, and one clean set per localizer.


rule attacks:
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
    resources:
        gpu=1,
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=lambda wc: crafting(wc, wc.attack, wc.eps),
        code=lambda wc: plugin_code("stages.attack", models=[wc.model], attacks=[wc.attack]),
    message:
        "Attack {wildcards.model} (defence {wildcards.defence}, seed {wildcards.seed}) on {wildcards.scenario}"
        " with {wildcards.attack}, epsilon {wildcards.eps}"
    shell:
        "python -m robustloc.stages.attack --config {params.cfg:q} --code {params.code:q}"
        " --manifest {input.manifest:q} --test {input.test:q} --checkpoint {input.checkpoint:q}"
        " --set {output.set:q} > {log:q} 2>&1"


use rule attack as clean with:
    output:
        set=CLEAN_SET,
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/clean.log",
    params:
        cfg=crafting,
        code=lambda wc: plugin_code("stages.attack", models=[wc.model]),
    message:
        "Evaluate {wildcards.model} (defence {wildcards.defence}, seed {wildcards.seed}) on {wildcards.scenario}"
