"""Merge the certificates of all smoothed localizers in one table, as CSV, Parquet and Markdown."""

import pandas as pd

from robustloc.base.seeds import LOCALIZER
from robustloc.jobs.job import Job, run
from robustloc.report import table_files


def main(job: Job) -> None:
    """Write one row per localizer and radius."""
    table = pd.concat([pd.read_csv(path) for path in job.inputs["certificates"]])
    table = table.sort_values([*LOCALIZER, "radius"])
    table_files.write(job.outputs["table"], "certified", table, job.record())
    job.output("markdown").write_text(table.to_markdown(index=False, floatfmt=".4g") + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main, __doc__, inputs=("certificates",), outputs=("table", "markdown"))
