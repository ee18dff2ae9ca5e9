"""What each kind of figure of tables shows: the rows that it is drawn from, and no others."""

import numpy as np
import pandas as pd

CURVE = ["defence", "model", "attack", "epsilon"]
CELL = ["scenario", *CURVE, "budget", "seeds"]
CELL += ["rmse_mean_m", "rmse_std_m", "rmse_low_m", "rmse_high_m", "psr_db", "n_users"]
LOCALIZER = ["scenario", "model", "defence", "sigma", "confidence"]


def rmse(summary: pd.DataFrame, figure: dict) -> pd.DataFrame:
    """Choose the curves of a figure of kind rmse or power, and what a localizer achieves that looks at nothing.

    Args:
        summary: one row per cell (summary.csv).
        figure: scenario, models, defences and attacks.
    """
    attacks = ["clean", *figure["attacks"]]
    curves = _chosen(summary, figure, defence=figure["defences"], model=figure["models"], attack=attacks)
    constant = _chosen(summary, figure, model=["constant"], attack=["clean"])
    return pd.concat([curves, constant])[CELL].drop_duplicates()


def matrix(summary: pd.DataFrame, figure: dict) -> pd.DataFrame:
    """Choose the cells of a figure of kind matrix: every defence clean, and under every attack at one epsilon.

    Args:
        summary: one row per cell (summary.csv).
        figure: scenario, model, defences, attacks and epsilon.
    """
    attacks = ["clean", *figure["attacks"]]
    rows = _chosen(summary, figure, defence=figure["defences"], model=[figure["model"]], attack=attacks)
    return rows[(rows.attack == "clean") | np.isclose(rows.epsilon, figure["epsilon"], rtol=1e-9, atol=0)][CELL]


def certified(table: pd.DataFrame, figure: dict) -> pd.DataFrame:
    """Choose the curves of a figure of kind certified: means over seeds, and standard deviations if there are several.

    Args:
        table: one row per localizer and radius (certified.csv).
        figure: scenario, models and defences.
    """
    rows = _chosen(table, figure, defence=figure["defences"], model=figure["models"])
    groups = rows.groupby([*LOCALIZER, "radius"], sort=False)
    errors = ["certified_rmse_m", "certified_p90_m"]
    means = groups[["psr_db", *errors]].mean()
    # where nothing is certified the error is infinite and has no spread
    spread = rows.replace(np.inf, np.nan).groupby([*LOCALIZER, "radius"], sort=False)[errors].std()
    spread.columns = [name.replace("_m", "_std_m") for name in errors]
    counts = groups.agg(seeds=("radius", "size"), n_users=("n_users", "min"))
    return pd.concat([means, spread, counts], axis=1).reset_index()


def grid(rows: pd.DataFrame, values: str) -> pd.DataFrame:
    """Arrange the rows of a matrix: defences down, attacks across, in their order."""
    wide = rows.pivot(index="defence", columns="attack", values=values)
    return wide.loc[rows.defence.unique(), rows.attack.unique()]


def _chosen(table: pd.DataFrame, figure: dict, **names: list[str]) -> pd.DataFrame:
    """Take the rows of a figure's scenario with the given names, in the order of these and then of the budgets."""
    rows = table[table.scenario == figure["scenario"]]
    for axis, valid in names.items():
        rows = rows[rows[axis].isin(valid)]
    budget = rows.columns.intersection(["epsilon", "sigma", "radius"])
    return rows.sort_values(
        [*names, *budget], key=lambda column: column.map(names[column.name].index) if column.name in names else column
    )
