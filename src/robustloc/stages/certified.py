"""Merge the certificates of all smoothed localizers in one table, as CSV, Parquet and Markdown."""

import pandas as pd

from robustloc.base.files import Files
from robustloc.base.seeds import LOCALIZER
from robustloc.report import layout, table_files

INPUTS = ("certificates",)
OUTPUTS = ("table", "markdown")


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write one row per localizer and radius."""
    table = pd.concat([pd.read_csv(path) for path in inputs["certificates"]])
    table = table.sort_values([*LOCALIZER, "radius"])
    table_files.write(outputs["table"], "certified", table)
    outputs.one("markdown").write_text(layout.plain(table), encoding="utf-8")
