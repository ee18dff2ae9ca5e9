# Localizers: scenario x model x defence x seed, trained here or taken from a file.

FROM_FILES = localizers.from_files(config)
UNTRAINED = localizers.untrained_defences(config)
# Pattern of the models that are trained. Its look-ahead excludes the cells of `adopt`, so that no file has two rules.
TO_TRAIN = "".join(f"(?!{model}/{defence}/)" for model in FROM_FILES for defence in UNTRAINED)
TO_TRAIN += f"(?:{either(config['models'])})"


rule checkpoints:
    """Trained localizers."""
    input:
        rules.adp.input,
        RUN.checkpoints(),
    message:
        "Localizers are trained"


rule train:
    """One localizer: results/{scenario}/{model}/{defence}/seed{seed}/checkpoint.pt."""
    input:
        manifest="<results>/{scenario}/manifest.json",
        split="<results>/{scenario}/split.parquet",
        shards=lambda wc: RUN.shards(wc.scenario),
        start=of(localizers.start),
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
        cfg=config_of(localizers.train),
        modules=of(localizers.train_modules),
        code=code_of(localizers.train_modules),
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
        shards=lambda wc: RUN.shards(wc.scenario),
        file=of(localizers.readable_file),
    output:
        checkpoint=CHECKPOINT,
        log="<results>/{scenario}/{model}/{defence}/seed{seed}/training.csv",
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/adopt.log",
    wildcard_constraints:
        model=either(FROM_FILES),
        defence=either(UNTRAINED),
    conda:
        "../envs/robustloc.yaml"
    resources:
        mem_mb=growing(8000),
    params:
        cfg=config_of(localizers.adopt),
        modules=of(localizers.adopt_modules),
        code=code_of(localizers.adopt_modules),
    message:
        "Take {wildcards.model} (seed {wildcards.seed}) on {wildcards.scenario} from its file"
    shell:
        "python -m robustloc.jobs adopt --config {params.cfg:q} --code {params.modules}"
        " --manifest {input.manifest:q} --split {input.split:q} --shards {input.shards:q} --file {input.file:q}"
        " --checkpoint {output.checkpoint:q} --log {output.log:q} > {log:q} 2>&1"
