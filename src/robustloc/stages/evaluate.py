"""Sum every clean and adversarial set up in one tidy table, one row per cell."""

from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from robustloc import adversarial_set, cells, metrics
from robustloc.job import Job, run


def main(job: Job) -> None:
    """Write rmse.csv, sorted by cell, however the sets were made or ordered."""
    table = job.output("table")
    results = table.parent.parent  # <results>/tables/rmse.csv
    files = [results / file for file in cells.set_files(job.config["grids"], job.config["budgets"])]
    rows = [_row(file) for file in tqdm(files, desc="sets", unit="set")]
    order = ["scenario", "model", "defence", "seed", "attack", "epsilon"]
    words = pd.read_csv(job.input("verdicts"))[[*cells.LOCALIZER, "verdict"]].drop_duplicates()
    frame = pd.DataFrame(rows).merge(words, how="left", on=list(cells.LOCALIZER)).fillna({"verdict": "none"})
    frame.sort_values(order).to_csv(table, index=False, float_format="%.9g")


def _row(file: Path) -> dict:
    columns = adversarial_set.read(file, ["error_m", "psr_db"])
    row = {
        **adversarial_set.cell(file),
        **metrics.summary(columns["error_m"]),
        # of two middle users the lower one: their mean would be undefined between -inf and +inf
        "psr_db": float(np.percentile(columns["psr_db"], 50, method="inverted_cdf")),
        "n_users": len(columns["error_m"]),
    }
    if "target_m" in adversarial_set.names(file):
        distance = adversarial_set.read(file, ["target_m"])["target_m"]
        row["target_rmse_m"] = float(np.sqrt(np.mean(distance**2)))
    return row


if __name__ == "__main__":
    run(main, __doc__, inputs=("verdicts",), outputs=("table",))
