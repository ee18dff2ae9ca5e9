"""Summarise the smallest epsilons of all localizers in one table, as CSV, Parquet and Markdown."""

import pandas as pd

from robustloc.base.files import Files
from robustloc.report import layout, margin_rows, table_files

INPUTS = ("margins",)
OUTPUTS = ("table", "markdown")


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write one row per localizer."""
    table = margin_rows.quantiles(pd.concat([pd.read_csv(path) for path in inputs["margins"]]))
    table_files.write(outputs["table"], "margins", table)
    outputs.one("markdown").write_text(layout.plain(table), encoding="utf-8")
