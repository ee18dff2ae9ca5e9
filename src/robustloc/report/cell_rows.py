"""Rows of the tables of all cells: one per set (rmse), and one over the seeds of each cell (summary)."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from robustloc.base.seeds import LOCALIZER
from robustloc.report.statistics import rmse_interval, summary

OVER_SEEDS = ["scenario", "model", "defence", "attack", "epsilon", "budget"]
SIZE = ["parameters", "multiply_adds"]


def of_set(cell: dict, columns: dict[str, np.ndarray], tolerance_m: float) -> dict:
    """Summarise a set.

    Args:
        cell: scenario, model, defence, seed, attack, epsilon and budget.
        columns: error_m (N,) and moved_m (N,), the distance from the estimate without attack [m]; psr_db (N,) [dB]; and
            target_m (N,) [m], if the attack has a target.
        tolerance_m: distance that a user of the scenario tolerates [m].
    """
    row = {
        **cell,
        **summary(columns["error_m"]),
        "moved_share": float(np.mean(columns["moved_m"] > tolerance_m)),
        "tolerance_m": tolerance_m,
        # The lower of two middle users: the mean of -inf and +inf is undefined.
        "psr_db": float(np.percentile(columns["psr_db"], 50, method="inverted_cdf")),
        "n_users": len(columns["error_m"]),
    }
    if "target_m" in columns:
        row["target_rmse_m"] = float(np.sqrt(np.mean(columns["target_m"] ** 2)))
    return row


def rmse(rows: list[dict], verdicts: pd.DataFrame, sizes: pd.DataFrame) -> pd.DataFrame:
    """Join the rows of sets with the verdicts and sizes of their localizers, sorted by cell.

    Args:
        rows: see `of_set`; further keys are kept.
        verdicts: one row per localizer and check (verdicts.csv).
        sizes: scenario, model, defence, seed, and the columns of SIZE.
    """
    seed = list(LOCALIZER)
    words = verdicts[[*seed, "verdict"]].drop_duplicates()
    frame = pd.DataFrame(rows).merge(words, how="left", on=seed).fillna({"verdict": "none"})
    frame = frame.merge(sizes[[*seed, *SIZE]], on=seed)
    return frame.sort_values([*seed, "attack", "epsilon"])


def over_seeds(rows: pd.DataFrame, read: Callable[[object], dict[str, np.ndarray]]) -> pd.DataFrame:
    """Summarise the rows of every cell, one per seed.

    Args:
        rows: see `rmse`, with a further column ``file``.
        read: file of a set -> its columns user (N,) and error_m (N,) [m].
    """
    groups = rows.groupby(OVER_SEEDS)
    return pd.DataFrame([dict(zip(OVER_SEEDS, names, strict=True)) | _over_seeds(own, read) for names, own in groups])


def _over_seeds(rows: pd.DataFrame, read: Callable[[object], dict[str, np.ndarray]]) -> dict:
    sets = [read(file) for file in rows.file]
    same = all(np.array_equal(one["user"], sets[0]["user"]) for one in sets)
    low, high = rmse_interval([one["error_m"] for one in sets], joint=same)
    return {
        "seeds": len(rows),
        "rmse_mean_m": rows.rmse_m.mean(),
        "rmse_std_m": rows.rmse_m.std(),  # NaN for one seed
        "rmse_low_m": low,
        "rmse_high_m": high,
        **rows[["median_m", "p90_m", "moved_share", "tolerance_m", "psr_db"]].mean(),
        "n_users": rows.n_users.min(),
        "verdict": "/".join(sorted(set(rows.verdict))),
        **rows.iloc[0][SIZE],
    }
