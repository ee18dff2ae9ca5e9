"""Write the results table in the paper's layout, as Markdown and as LaTeX; matrices and verdicts as Markdown."""

import pandas as pd

from robustloc import tables
from robustloc.job import Job, run


def main(job: Job) -> None:
    """Write them from the tidy tables."""
    summary, checks = pd.read_csv(job.input("summary")), pd.read_csv(job.input("verdicts"))
    texts = {
        "markdown": tables.markdown(summary),
        "latex": tables.latex(summary),
        "matrices": tables.matrices(summary, job.config["matrices"]),
        "verdicts_markdown": tables.verdicts(checks),
    }
    for name, text in texts.items():
        job.output(name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    outputs = ("markdown", "latex", "matrices", "verdicts_markdown")
    run(main, __doc__, inputs=("summary", "verdicts"), outputs=outputs)
