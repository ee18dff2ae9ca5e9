# Localizers: scenario x model x defence x seed, trained here or taken from a file.


rule checkpoints:
    """Trained localizers."""
    input:
        rules.adp.input,
        CHECKPOINTS,
    message:
        "Localizers are trained"


rule train:
    """One localizer: results/{scenario}/{model}/{defence}/seed{seed}/checkpoint.pt."""
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
    wildcard_constraints:
        model=TO_TRAIN,
    conda:
        "../envs/robustloc.yaml"
    resources:
        gpu=1,
        mem_mb=growing(8000),
        runtime=growing(120),
    params:
        cfg=training,
        modules=trainers,
        code=lambda wc: code(*trainers(wc)),
    message:
        "Train {wildcards.model} (defence {wildcards.defence}, seed {wildcards.seed}) on {wildcards.scenario}"
    shell:
        "python -m robustloc.jobs train --config {params.cfg:q} --code {params.modules}"
        " --manifest {input.manifest:q} --split {input.split:q} --shards {input.shards:q} --start {input.start:q}"
        " --checkpoint {output.checkpoint:q} --log {output.log:q} > {log:q} 2>&1"


rule adopt:
    """One localizer from a file: results/{scenario}/{model}/{defence}/seed{seed}/checkpoint.pt."""
    input:
        manifest="<results>/{scenario}/manifest.json",
        split="<results>/{scenario}/split.parquet",
        shards=lambda wc: shards(wc.scenario),
        file=model_file,
    output:
        checkpoint=CHECKPOINT,
        log="<results>/{scenario}/{model}/{defence}/seed{seed}/training.csv",
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/adopt.log",
    wildcard_constraints:
        model=either(FROM_FILES),
        defence=either(AS_IT_IS),
    conda:
        "../envs/robustloc.yaml"
    resources:
        mem_mb=growing(8000),
    params:
        cfg=lambda wc: section(cell=localizer(wc)),
        modules=adopters,
        code=lambda wc: code(*adopters(wc)),
    message:
        "Take {wildcards.model} (seed {wildcards.seed}) on {wildcards.scenario} as it is"
    shell:
        "python -m robustloc.jobs adopt --config {params.cfg:q} --code {params.modules}"
        " --manifest {input.manifest:q} --split {input.split:q} --shards {input.shards:q} --file {input.file:q}"
        " --checkpoint {output.checkpoint:q} --log {output.log:q} > {log:q} 2>&1"
