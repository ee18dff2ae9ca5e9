"""Position RMSE against the measured power of the perturbation, the axis that attacks of all budgets share."""

import pandas as pd

from robustloc.figures.parts import captions, curves
from robustloc.figures.parts.style import Figure

READS = "summary"
TITLE = "RMSE against the perturbation's power"
SECTION = "models"


def rows(table: pd.DataFrame, figure: dict) -> pd.DataFrame:
    """Choose the cells of the figure's localizers and attacks.

    Args:
        table: one row per cell (summary.csv).
        figure: scenario, models, defences and attacks.
    """
    return curves.cells(table, figure)


def draw(rows: pd.DataFrame) -> Figure:
    """Draw a curve per localizer and attack over the perturbation-to-signal ratio of the median user."""
    return curves.over_power(rows)


def caption(rows: pd.DataFrame) -> str:
    """Describe the figure."""
    return captions.over_power(rows)
