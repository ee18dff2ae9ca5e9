"""Choose rows of a table for one figure, in the order of the names in the figure's configuration."""

import numpy as np
import pandas as pd

CELL = ["scenario", "defence", "model", "attack", "epsilon", "budget", "seeds"]
CELL += ["rmse_mean_m", "rmse_std_m", "rmse_low_m", "rmse_high_m", "psr_db", "n_users"]


def chosen(table: pd.DataFrame, figure: dict, **names: list[str]) -> pd.DataFrame:
    """Choose the rows of a figure's scenario that have the given names, sorted by these names, then by budget.

    Args:
        table: a table with the column `scenario`, the columns of `names`, and any columns of budgets.
        figure: the figure's entry in the configuration.
        names: column -> the names to choose.
    """
    rows = table[table.scenario == figure["scenario"]]
    for axis, valid in names.items():
        rows = rows[rows[axis].isin(valid)]
    budget = rows.columns.intersection(["epsilon", "sigma", "radius"])
    return rows.sort_values(
        [*names, *budget], key=lambda column: column.map(names[column.name].index) if column.name in names else column
    )


def of_one_budget(attacked: pd.DataFrame) -> set[str]:
    """Return the attacks that have one budget where others have several, among the attacked cells of a figure."""
    counts = attacked.groupby("attack").epsilon.nunique()
    return set(counts.index[counts == 1]) if counts.max() > 1 else set()


def matrix(summary: pd.DataFrame, figure: dict) -> pd.DataFrame:
    """Choose the cells of every defence of a figure: clean, and under every attack at one epsilon.

    Args:
        summary: one row per cell (summary.csv).
        figure: scenario, model, defences, attacks and epsilon.
    """
    names = {"defence": figure["defences"], "model": [figure["model"]], "attack": ["clean", *figure["attacks"]]}
    rows = chosen(summary, figure, **names)
    return rows[(rows.attack == "clean") | np.isclose(rows.epsilon, figure["epsilon"], rtol=1e-9, atol=0)][CELL]


def grid(rows: pd.DataFrame, values: str) -> pd.DataFrame:
    """Arrange the cells of `matrix` as a table: one row per defence, one column per attack, in order."""
    wide = rows.pivot(index="defence", columns="attack", values=values)
    return wide.loc[rows.defence.unique(), rows.attack.unique()]
