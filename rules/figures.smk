# Figures, each with its values and its caption.


rule figures:
    """Every figure as PNG and PDF, its values as CSV and its caption."""
    input:
        rules.tables.input,
        RUN.drawn(),
    message:
        "Figures are complete"


rule figure:
    """One figure alone: figures/{figure}.png, .pdf, .csv and its caption as .txt."""
    input:
        unpack(of(job_inputs.figure_files)),
    output:
        data="<experiment>/figures/{figure}.csv",
        png=report(
            "<experiment>/figures/{figure}.png",
            caption="../src/robustloc/report/captions/figure.rst",
            category="Figures",
            subcategory=lambda wc: RUN.figures[wc.figure]["scenario"],
            labels=lambda wc: {"figure": wc.figure, "kind": RUN.figures[wc.figure]["kind"]},
        ),
        pdf="<experiment>/figures/{figure}.pdf",
        caption="<experiment>/figures/{figure}.txt",
    log:
        "<experiment>/logs/figures/{figure}.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=config_of(job_inputs.figure),
        modules=of(job_inputs.figure_modules),
        code=code_of(job_inputs.figure_modules),
    message:
        "Draw {wildcards.figure}"
    shell:
        "python -m robustloc.jobs figure --config {params.cfg:q} --code {params.modules}"
        " --table {input.table:q} --manifest {input.manifest:q} --test {input.test:q} --sets {input.sets:q}"
        " --data {output.data:q} --png {output.png:q} --pdf {output.pdf:q} --caption {output.caption:q}"
        " > {log:q} 2>&1"
