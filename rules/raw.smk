# Raw scenarios: embedded scenes are traced and written as DeepMIMO v4 folders, downloads are used where they lie.


rule raw:
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
        code=lambda wc: code("stages.trace", f"raytrace.{config['scenarios'][wc.scenario]['raw']['scene']}"),
    message:
        "Trace the scene of {wildcards.scenario}"
    shell:
        "python -m robustloc.stages.trace --config {params.cfg:q} --code {params.code:q}"
        " --raw {output:q} > {log:q} 2>&1"
