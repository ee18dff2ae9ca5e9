"""List the columns of all tables with type, unit and meaning, as CSV and as Markdown."""

from robustloc import tables, tidy
from robustloc.job import Job, run


def main(job: Job) -> None:
    """Write one row per column of the tables that were made."""
    columns = tidy.dictionary(job.inputs["tables"])
    columns.to_csv(job.output("table"), index=False)
    job.output("markdown").write_text(tables.dictionary(columns), encoding="utf-8")


if __name__ == "__main__":
    run(main, __doc__, inputs=("tables",), outputs=("table", "markdown"))
