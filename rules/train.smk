# Localizers: scenario x model x defence x seed.


rule checkpoints:
    input:
        rules.adp.input,
        CHECKPOINTS,
    message:
        "Localizers are trained"


rule train:
    input:
        manifest="<results>/{scenario}/manifest.json",
        split="<results>/{scenario}/split.parquet",
        shards=lambda wc: shards(wc.scenario),
        start=start_checkpoint,
    output:
        checkpoint=CHECKPOINT,
        log="<results>/{scenario}/{model}/{defence}/seed{seed}/training.csv",
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/train.log",
    resources:
        gpu=1,
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=training,
        code=lambda wc: plugin_code(
            "stages.train",
            models=[wc.model],
            defences=[wc.defence],
            attacks=trained_on(wc.defence),
        ),
    message:
        "Train {wildcards.model} (defence {wildcards.defence}, seed {wildcards.seed}) on {wildcards.scenario}"
    shell:
        "python -m robustloc.stages.train --config {params.cfg:q} --code {params.code:q}"
        " --manifest {input.manifest:q} --split {input.split:q} --shards {input.shards:q} --start {input.start:q}"
        " --checkpoint {output.checkpoint:q} --log {output.log:q} > {log:q} 2>&1"
