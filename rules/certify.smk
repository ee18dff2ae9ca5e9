# What is proven of localizers that are smoothed by a median. Without one in the grids nothing is asked for.


rule certificates:
    """certified.csv, .parquet and .md: bounds on the errors of smoothed localizers under every attack."""
    input:
        (rules.checkpoints.input if CERTIFICATES else []),
        CERTIFICATES,
        CERTIFIED,
    message:
        "Certificates are there"


rule certify:
    """What is proven of one smoothed localizer: results/{scenario}/{model}/{defence}/seed{seed}/certificate.csv."""
    input:
        manifest="<results>/{scenario}/manifest.json",
        test="<results>/{scenario}/test.parquet",
        checkpoint=CHECKPOINT,
    output:
        certificate=CERTIFICATE,
    log:
        "<logs>/{scenario}/{model}/{defence}/seed{seed}/certify.log",
    wildcard_constraints:
        defence=either(SMOOTHED),
    conda:
        "../envs/robustloc.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cfg=certifying,
        modules=certifiers,
        code=lambda wc: code(*certifiers(wc)),
    message:
        "Certify {wildcards.model} (defence {wildcards.defence}, seed {wildcards.seed}) on {wildcards.scenario}"
    shell:
        "python -m robustloc.jobs certify --config {params.cfg:q} --code {params.modules}"
        " --manifest {input.manifest:q} --test {input.test:q} --checkpoint {input.checkpoint:q}"
        " --certificate {output.certificate:q} > {log:q} 2>&1"


rule certified:
    """certified.csv, .parquet and .md alone."""
    input:
        certificates=CERTIFICATES,
    output:
        table=reported("certified"),
        markdown="<results>/tables/certified.md",
    log:
        "<logs>/certified.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=section(),
        code=code("stages.certified"),
    message:
        "Lay the certificates out in one table"
    shell:
        "python -m robustloc.jobs certified --config {params.cfg:q} --code stages.certified"
        " --certificates {input.certificates:q} --table {output.table:q} --markdown {output.markdown:q} > {log:q} 2>&1"
