# Angle-delay profiles: a shard per share of the users, then the data set made of them.


rule adp:
    """Profiles in Parquet shards, their split and manifest."""
    input:
        rules.raw.input,
        [shards(scenario) for scenario in SCENARIOS],
        expand(
            "<results>/{scenario}/{file}", scenario=SCENARIOS, file=["split.parquet", "test.parquet", "manifest.json"]
        ),
    message:
        "Data sets are there"


rule shard:
    """Profiles of one share of the users: results/{scenario}/adp/shard-{n}.parquet."""
    input:
        raw=lambda wc: raw_files(wc.scenario),
    output:
        shard="<results>/{scenario}/adp/shard-{shard}.parquet",
    log:
        "<logs>/{scenario}/shard-{shard}.log",
    conda:
        "../envs/robustloc.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cfg=lambda wc: section(
            shard=int(wc.shard), **chosen(wc.scenario, "base_station", "users", "channel", "adp", "shards")
        ),
        modules=lambda wc: read_by("stages.shard", wc.scenario),
        code=lambda wc: code(*read_by("stages.shard", wc.scenario)),
    message:
        "Compute angle-delay profiles of {wildcards.scenario}, shard {wildcards.shard}"
    shell:
        "python -m robustloc.jobs shard --config {params.cfg:q} --code {params.modules}"
        " --raw {input.raw:q} --shard {output.shard:q} > {log:q} 2>&1"


rule split:
    """The data set of one scenario: results/{scenario}/manifest.json."""
    input:
        shards=lambda wc: shards(wc.scenario),
    output:
        split="<results>/{scenario}/split.parquet",
        test="<results>/{scenario}/test.parquet",
        manifest="<results>/{scenario}/manifest.json",
    log:
        "<logs>/{scenario}/split.log",
    conda:
        "../envs/robustloc.yaml"
    resources:
        mem_mb=growing(4000),
    params:
        cfg=lambda wc: section(
            scenario=wc.scenario,
            seed=config["seed"],
            **chosen(wc.scenario, "split", "scale", "blocked_users", "channel", "adp"),
        ),
        code=code("stages.split"),
    message:
        "Split the users of {wildcards.scenario}"
    shell:
        "python -m robustloc.jobs split --config {params.cfg:q} --code stages.split"
        " --shards {input.shards:q} --split {output.split:q} --test {output.test:q} --manifest {output.manifest:q}"
        " > {log:q} 2>&1"
