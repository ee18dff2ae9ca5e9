"""Judge every examined localizer: a table of all checks, and one word for each localizer."""

import json

import pandas as pd

from robustloc.base.files import Files
from robustloc.experiment.paths import CONVERGENCE, EXAMINATION, TRANSFER, below_results
from robustloc.report import layout, table_files
from robustloc.robustness import verdict

INPUTS = ("examinations", "transfers", "convergences")
OUTPUTS = ("table", "markdown")


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write one row per localizer and check."""
    cells, place = config["localizers"], outputs["table"][0]
    examinations = [below_results(place, EXAMINATION.format(**cell)) for cell in cells]
    files = [CONVERGENCE.format(**cell) for cell in config["converged"]]
    longer = {file: pd.read_csv(below_results(place, file)) for file in files}
    checks = verdict.table(
        cells,
        [json.loads(file.read_text(encoding="utf-8")) for file in examinations],
        [pd.read_csv(below_results(place, TRANSFER.format(**cell))) for cell in cells],
        [longer.get(CONVERGENCE.format(**cell)) for cell in cells],
        config["limits"],
    )
    table_files.write(outputs["table"], "verdicts", checks)
    text = layout.verdicts(pd.read_csv(outputs["table"][0]))
    outputs.one("markdown").write_text(text, encoding="utf-8")
