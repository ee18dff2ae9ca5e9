# Raw scenarios: embedded scenes are traced and written as DeepMIMO v4 folders, downloads are used where they lie.


rule raw:
    """Files of the paths: traced scenes and downloads."""
    input:
        [raw_files(scenario) for scenario in SCENARIOS],
    message:
        "Raw scenarios are there"


rule trace:
    output:
        TRACED,
    log:
        "<logs>/{scenario}/trace.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=lambda wc: section(**chosen(wc.scenario, "raw", "base_station")),
        modules=lambda wc: tracing(wc.scenario),
        code=lambda wc: code(*tracing(wc.scenario)),
    message:
        "Trace the scene of {wildcards.scenario}"
    shell:
        "python -m robustloc.stages.trace --config {params.cfg:q} --code {params.modules}"
        " --raw {output:q} > {log:q} 2>&1"
