"""Write the results table in the paper's layout, as Markdown and as LaTeX, and the verdicts as Markdown."""

import pandas as pd

from robustloc import tables
from robustloc.job import Job, run


def main(job: Job) -> None:
    """Write them from the tidy tables."""
    table = pd.read_csv(job.input("table"))
    job.output("markdown").write_text(tables.markdown(table), encoding="utf-8")
    job.output("latex").write_text(tables.latex(table), encoding="utf-8")
    verdicts = tables.verdicts(pd.read_csv(job.input("verdicts")))
    job.output("verdicts_markdown").write_text(verdicts, encoding="utf-8")


if __name__ == "__main__":
    run(main, __doc__, inputs=("table", "verdicts"), outputs=("markdown", "latex", "verdicts_markdown"))
