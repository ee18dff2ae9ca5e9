"""Compare an attack with its reference on every localizer: one table, as CSV, Parquet and Markdown."""

import pandas as pd

from robustloc.base.files import Files
from robustloc.base.seeds import LOCALIZER
from robustloc.report import layout, table_files
from robustloc.robustness.convergence import summary

INPUTS = ("convergences",)
OUTPUTS = ("table", "markdown")


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write one row per localizer."""
    rows = pd.concat([pd.read_csv(path) for path in inputs["convergences"]])
    keys = [*LOCALIZER, "attack", "epsilon"]
    table = pd.DataFrame([dict(zip(keys, cell, strict=True)) | summary(own) for cell, own in rows.groupby(keys)])
    table_files.write(outputs["table"], "convergence", table)
    outputs.one("markdown").write_text(layout.plain(table), encoding="utf-8")
