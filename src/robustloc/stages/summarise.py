"""Sum every clean and adversarial set up in two tidy tables: one row per cell, and one over the seeds of each."""

from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from robustloc.base.files import parquet_record
from robustloc.base.seeds import LOCALIZER
from robustloc.experiment.grids import localizers, set_files
from robustloc.experiment.paths import CLEAN_SET
from robustloc.jobs.job import Job, run
from robustloc.report import table_files
from robustloc.report.statistics import rmse_interval, summary
from robustloc.robustness import adversarial_set

OVER_SEEDS = ["scenario", "model", "defence", "attack", "epsilon", "budget"]
SIZE = ["parameters", "multiply_adds"]


def main(job: Job) -> None:
    """Write both tables as CSV and Parquet, sorted by cell, however the sets were made or ordered."""
    results = job.inputs["manifests"][0].parent.parent
    grids, seed = job.config["grids"], list(LOCALIZER)
    files = [results / file for file in set_files(grids, job.config["budgets"])]
    job.inputs["sets"] = files
    frame = pd.DataFrame([_row(file) for file in tqdm(files, desc="sets", unit="set")])
    words = pd.read_csv(job.input("verdicts"))[[*seed, "verdict"]].drop_duplicates()
    sizes = pd.DataFrame([_size(results, cell) for cell in localizers(grids)])
    frame = frame.merge(words, how="left", on=seed).fillna({"verdict": "none"}).merge(sizes, on=seed)
    frame = frame.sort_values([*seed, "attack", "epsilon"])
    frame["set_sha256"] = [job.checksum(file)[:12] for file in frame.file]
    summary = pd.DataFrame(
        [dict(zip(OVER_SEEDS, names, strict=True)) | _over_seeds(rows) for names, rows in frame.groupby(OVER_SEEDS)]
    )
    table_files.write(job.outputs["table"], "rmse", frame.drop(columns="file"), job.record())
    table_files.write(job.outputs["summary"], "summary", summary, job.record())


def _row(file: Path) -> dict:
    columns = adversarial_set.read(file, ["error_m", "psr_db"])
    row = {
        "file": file,
        **adversarial_set.cell(file),
        **summary(columns["error_m"]),
        # of two middle users the lower one: their mean would be undefined between -inf and +inf
        "psr_db": float(np.percentile(columns["psr_db"], 50, method="inverted_cdf")),
        "n_users": len(columns["error_m"]),
    }
    if "target_m" in adversarial_set.names(file):
        distance = adversarial_set.read(file, ["target_m"])["target_m"]
        row["target_rmse_m"] = float(np.sqrt(np.mean(distance**2)))
    return row


def _size(results: Path, cell: dict) -> dict:
    """A localizer and its size, which its clean set records."""
    size = parquet_record(results / CLEAN_SET.format(**cell))["size"]
    return cell | {name: size[name] for name in SIZE}


def _over_seeds(rows: pd.DataFrame) -> dict:
    """Sum up the rows of one cell, one per seed."""
    sets = [adversarial_set.read(file, ["user", "error_m"]) for file in rows.file]
    same = all(np.array_equal(one["user"], sets[0]["user"]) for one in sets)
    low, high = rmse_interval([one["error_m"] for one in sets], joint=same)
    return {
        "seeds": len(rows),
        "rmse_mean_m": rows.rmse_m.mean(),
        "rmse_std_m": rows.rmse_m.std(),  # of one seed there is none
        "rmse_low_m": low,
        "rmse_high_m": high,
        **rows[["median_m", "p90_m", "psr_db"]].mean(),
        "n_users": rows.n_users.min(),
        "verdict": "/".join(sorted(set(rows.verdict))),
        **rows.iloc[0][SIZE],
    }


if __name__ == "__main__":
    run(main, __doc__, inputs=("manifests", "verdicts"), outputs=("table", "summary"))
