"""Write the results table in the paper's layout, as Markdown and as LaTeX."""

import pandas as pd

from robustloc import tables
from robustloc.job import Job, run


def main(job: Job) -> None:
    """Write both from the tidy table."""
    table = pd.read_csv(job.input("table"))
    job.output("markdown").write_text(tables.markdown(table), encoding="utf-8")
    job.output("latex").write_text(tables.latex(table), encoding="utf-8")


if __name__ == "__main__":
    run(main, __doc__, inputs=("table",), outputs=("markdown", "latex"))
