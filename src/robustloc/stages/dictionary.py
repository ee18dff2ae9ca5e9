"""List the columns of all tables with type, unit and meaning, as CSV and as Markdown."""

from robustloc.base.files import Files
from robustloc.report import layout, table_files

INPUTS = ("tables",)
OUTPUTS = ("table", "markdown")


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write one row per column of the tables that were made."""
    columns = table_files.dictionary(inputs["tables"])
    columns.to_csv(outputs.one("table"), index=False)
    outputs.one("markdown").write_text(layout.dictionary(columns), encoding="utf-8")
