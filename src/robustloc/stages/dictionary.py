"""List the columns of all tables with type, unit and meaning, as CSV and as Markdown."""

from robustloc.jobs.job import Job, run
from robustloc.report import layout, table_files


def main(job: Job) -> None:
    """Write one row per column of the tables that were made."""
    columns = table_files.dictionary(job.inputs["tables"])
    columns.to_csv(job.output("table"), index=False)
    job.output("markdown").write_text(layout.dictionary(columns), encoding="utf-8")


if __name__ == "__main__":
    run(main, __doc__, inputs=("tables",), outputs=("table", "markdown"))
