"""Write the results table in the paper's layout, as Markdown and as LaTeX; matrices and verdicts as Markdown."""

import pandas as pd

from robustloc.jobs.job import Job, run
from robustloc.report import layout


def main(job: Job) -> None:
    """Write them from the tidy tables."""
    summary, checks = pd.read_csv(job.input("summary")), pd.read_csv(job.input("verdicts"))
    texts = {
        "markdown": layout.markdown(summary),
        "latex": layout.latex(summary),
        "matrices": layout.matrices(summary, job.config["matrices"]),
        "verdicts_markdown": layout.verdicts(checks),
    }
    for name, text in texts.items():
        job.output(name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    outputs = ("markdown", "latex", "matrices", "verdicts_markdown")
    run(main, __doc__, inputs=("summary", "verdicts"), outputs=outputs)
