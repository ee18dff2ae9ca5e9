"""Position RMSE against epsilon, as in Fig. 4-8 of the paper."""

import pandas as pd

from robustloc.figures.parts import captions, curves
from robustloc.figures.parts.style import Figure

READS = "summary"
TITLE = "RMSE under attack"
SECTION = "figures"
ONE_BUDGET = True  # epsilons and decibels do not fit on one axis


def rows(table: pd.DataFrame, figure: dict) -> pd.DataFrame:
    """Choose the cells of the figure's localizers and attacks.

    Args:
        table: one row per cell (summary.csv).
        figure: scenario, models, defences and attacks.
    """
    return curves.cells(table, figure)


def draw(rows: pd.DataFrame) -> Figure:
    """Draw a curve per localizer and attack; attacks over the air have no epsilon, so they are drawn over decibels."""
    return curves.over_power(rows) if curves.is_over_the_air(rows) else curves.over_epsilon(rows)


def caption(rows: pd.DataFrame) -> str:
    """Describe the figure."""
    if curves.is_over_the_air(rows):
        return captions.over_power(rows)
    attacked = rows[rows.attack != "clean"]
    norms = " or ".join(captions.NORMS[norm] for norm in captions.NORMS if norm in set(attacked.budget))
    return f"""Position RMSE [m] against epsilon, the {norms} size of the perturbation in units of the scaled input:
    {captions.localizers(attacked)}, under {captions.attacks(attacked)}. {captions.axes(attacked)}; epsilon 0 is without
    attack, errors are on a logarithmic scale. {captions.baseline(rows)} {captions.users(rows)}
    {captions.seeds(rows)}"""
