"""Summarise every clean and adversarial set in two tidy tables: one row per cell, and one over the seeds of each."""

from functools import partial

import pandas as pd
from tqdm import tqdm

from robustloc.base.files import Files, sha256
from robustloc.data.positions import position_error
from robustloc.experiment.grids import localizers, set_files
from robustloc.experiment.paths import CLEAN_SET, below_results
from robustloc.report import cell_rows, table_files
from robustloc.robustness import adversarial_set

INPUTS = ("verdicts",)
OUTPUTS = ("table", "summary")
MEASURED = {"clean_prediction", "prediction", "error_m", "psr_db", "target_m"}


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write both tables as CSV and Parquet, sorted by cell, so that the order of the sets does not matter."""
    find, rows = partial(below_results, outputs["table"][0]), []
    # derived from the configuration: a command line may be too short for all their names
    inputs["sets"] = [find(file) for file in set_files(config["grids"], config["budgets"])]
    for file in tqdm(inputs["sets"], desc="sets", unit="set"):
        columns = adversarial_set.read(file, sorted(MEASURED.intersection(adversarial_set.names(file))))
        columns["moved_m"] = position_error(columns["prediction"], columns["clean_prediction"])
        cell = adversarial_set.cell(file)
        rows.append(cell_rows.of_set(cell, columns, config["tolerances_m"][cell["scenario"]]) | {"file": file})
    cells = localizers(config["grids"])
    sizes = [cell | adversarial_set.described(find(CLEAN_SET.format(**cell)))["size"] for cell in cells]
    table = cell_rows.rmse(rows, pd.read_csv(inputs.one("verdicts")), pd.DataFrame(sizes))
    summary = cell_rows.over_seeds(table, partial(adversarial_set.read, names=["user", "error_m"]))
    table["set_sha256"] = [sha256(file)[:12] for file in table.file]
    table_files.write(outputs["table"], "rmse", table.drop(columns="file"))
    table_files.write(outputs["summary"], "summary", summary)
