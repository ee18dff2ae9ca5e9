# Figures, each with its numbers and its caption.


rule figures:
    """Every figure as PNG and PDF, its numbers as CSV and its caption."""
    input:
        rules.tables.input,
        DRAWN,
    message:
        "Figures are drawn"


rule figure:
    """One figure alone: results/figures/{figure}.png, .pdf, .csv and its caption as .txt."""
    input:
        unpack(shown),
    output:
        data="<results>/figures/{figure}.csv",
        png=report(
            "<results>/figures/{figure}.png",
            caption="captions/figure.rst",
            category="Figures",
            subcategory=lambda wc: FIGURES[wc.figure]["scenario"],
            labels=lambda wc: {"figure": wc.figure, "kind": FIGURES[wc.figure]["kind"]},
        ),
        pdf="<results>/figures/{figure}.pdf",
        caption="<results>/figures/{figure}.txt",
    log:
        "<logs>/figures/{figure}.log",
    conda:
        "../envs/robustloc.yaml"
    params:
        cfg=lambda wc: section(figure=FIGURES[wc.figure]),
        modules=lambda wc: drawers(wc),
        code=lambda wc: code(*drawers(wc)),
    message:
        "Draw {wildcards.figure}"
    shell:
        "python -m robustloc.jobs figure --config {params.cfg:q} --code {params.modules}"
        " --table {input.table:q} --manifest {input.manifest:q} --test {input.test:q} --sets {input.sets:q}"
        " --data {output.data:q} --png {output.png:q} --pdf {output.pdf:q} --caption {output.caption:q}"
        " > {log:q} 2>&1"
