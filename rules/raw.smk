# Raw scenarios: embedded scenes are traced and written as DeepMIMO v4 folders, downloads are used where they lie.


rule raw:
    """Files of the paths: traced scenes and downloads."""
    input:
        all_raw_files,
    message:
        "Raw scenarios are there"


rule inspect:
    """Print what is in the DeepMIMO folders below data_folder."""
    log:
        "<logs>/inspect.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        folder=config["data_folder"],
    message:
        "Look into the scenarios below {params.folder}"
    shell:
        "python -m robustloc.jobs inspect {params.folder:q} 2> {log:q} | tee -a {log:q}"


rule trace:
    """One embedded scene as a DeepMIMO folder: results/{scenario}/raw/params.json."""
    output:
        TRACED,
    log:
        "<logs>/{scenario}/trace.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=lambda wc: section(raw=scene(wc.scenario), **chosen(wc.scenario, "base_station")),
        modules=lambda wc: tracing(wc.scenario),
        code=lambda wc: code(*tracing(wc.scenario)),
    message:
        "Trace the scene of {wildcards.scenario}"
    shell:
        "python -m robustloc.jobs trace --config {params.cfg:q} --code {params.modules} --raw {output:q} > {log:q} 2>&1"
