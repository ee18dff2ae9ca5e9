# Raw scenarios and the data sets of angle-delay profiles made from them.


rule raw:
    """Files of the paths: traced scenes and downloads."""
    input:
        of(Experiment.all_raw_files),
    message:
        "Raw scenarios are complete"


rule inspect:
    """Print the contents of the DeepMIMO folders and files of measured channels below data_folder."""
    log:
        "<logs>/inspect.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        folder=lambda wildcards: config["data_folder"],  # a plain text would be read as a pattern
    message:
        "Inspect the scenarios below {params.folder}"
    shell:
        # both append: two writers with their own positions in one file would overwrite each other
        ": > {log:q}; python -m robustloc.jobs inspect {params.folder:q} 2>> {log:q} | tee -a {log:q}"


rule trace:
    """One embedded scene as a DeepMIMO v4 folder: results/{scenario}/raw/params.json."""
    output:
        TRACED,
    log:
        "<logs>/{scenario}/trace.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=config_of(job_inputs.trace),
        modules=of(job_inputs.trace_modules),
        code=code_of(job_inputs.trace_modules),
    message:
        "Trace the scene of {wildcards.scenario}"
    shell:
        "python -m robustloc.jobs trace --config {params.cfg:q} --code {params.modules} --raw {output:q} > {log:q} 2>&1"


rule adp:
    """Profiles in Parquet shards, their split and manifest."""
    input:
        rules.raw.input,
        [RUN.shards(scenario) for scenario in RUN.scenarios],
        [RUN.data_set(scenario) for scenario in RUN.scenarios],
    message:
        "Data sets are complete"


rule shard:
    """Profiles of one share of the users: results/{scenario}/adp/shard-{n}.parquet."""
    input:
        raw=of(job_inputs.raw_files),
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
        cfg=config_of(job_inputs.shard),
        modules=of(job_inputs.shard_modules),
        code=code_of(job_inputs.shard_modules),
    message:
        "Compute angle-delay profiles of {wildcards.scenario}, shard {wildcards.shard}"
    shell:
        "python -m robustloc.jobs shard --config {params.cfg:q} --code {params.modules}"
        " --raw {input.raw:q} --shard {output.shard:q} > {log:q} 2>&1"


rule split:
    """The data set of one scenario: results/{scenario}/manifest.json."""
    input:
        shards=lambda wc: RUN.shards(wc.scenario),
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
        cfg=config_of(job_inputs.split),
        code=code("stages.split"),
    message:
        "Split the users of {wildcards.scenario}"
    shell:
        "python -m robustloc.jobs split --config {params.cfg:q} --code stages.split"
        " --shards {input.shards:q} --split {output.split:q} --test {output.test:q} --manifest {output.manifest:q}"
        " > {log:q} 2>&1"


rule csi:
    """Channel matrices for attacks over the air: results/{scenario}/csi.parquet."""
    input:
        raw=of(job_inputs.raw_files),
        split="<results>/{scenario}/split.parquet",
    output:
        csi=CSI,
    log:
        "<logs>/{scenario}/csi.log",
    conda:
        "../envs/robustloc.yaml"
    resources:
        mem_mb=growing(4000),
    params:
        cfg=config_of(job_inputs.csi),
        modules=of(job_inputs.csi_modules),
        code=code_of(job_inputs.csi_modules),
    message:
        "Compute channel matrices of {wildcards.scenario}"
    shell:
        "python -m robustloc.jobs csi --config {params.cfg:q} --code {params.modules}"
        " --raw {input.raw:q} --split {input.split:q} --csi {output.csi:q} > {log:q} 2>&1"
