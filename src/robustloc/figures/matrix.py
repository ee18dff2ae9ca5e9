"""Position RMSE of every defence under every attack at one epsilon, as a table with colours."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm

from robustloc.figures.parts import captions
from robustloc.figures.parts.style import COLUMN, ERRORS, STYLE, Figure, mark_errors, wrapped
from robustloc.report import selection

READS = "summary"
TITLE = "RMSE by defence and attack"
SECTION = "matrices"


def rows(table: pd.DataFrame, figure: dict) -> pd.DataFrame:
    """Choose the cells of every defence, clean and under every attack at one epsilon.

    Args:
        table: one row per cell (summary.csv).
        figure: scenario, model, defences, attacks and epsilon.
    """
    return selection.matrix(table, figure)


def draw(rows: pd.DataFrame) -> Figure:
    """Draw a coloured cell with the RMSE, the mean over seeds, for each defence (down) and attack (across)."""
    grid = selection.grid(rows, "rmse_mean_m")
    with plt.rc_context(STYLE | {"axes.grid": False}):
        margins = (1.2 + 0.06 * max(map(len, grid.index)), 0.9 + 0.04 * max(map(len, grid.columns)))
        size = (max(COLUMN, margins[0] + 0.5 * grid.shape[1]), margins[1] + 0.32 * grid.shape[0])
        drawing, axes = plt.subplots(figsize=size, layout="constrained")
        values = grid.to_numpy()
        low, high = np.nanmin(values), np.nanmax(values)
        norm = LogNorm(low, max(high, 1.01 * low))  # equal limits are no scale, so equal errors need another one
        image = axes.imshow(grid, norm=norm, cmap=ERRORS, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            dark = np.dot(image.to_rgba(value)[:3], (0.299, 0.587, 0.114)) < 0.5
            look = {"color": "white" if dark else "black", "ha": "center", "va": "center", "fontsize": 7}
            axes.text(column, row, f"{value:.3f}", **look)
        axes.axvline(0.5, color="white", linewidth=4)  # separates clean from the attacks
        axes.set_xticks(range(grid.shape[1]), grid.columns, rotation=30, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(grid.shape[0]), grid.index)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set(xlabel="attack", ylabel="defence")
        title = f"{rows.scenario.iloc[0]}, {rows.model.iloc[0]}, epsilon {rows.epsilon.max():g}"
        axes.set_title(wrapped(title, size[0]))
        mark_errors(drawing.colorbar(image, label="position RMSE [m]").ax.yaxis)
    return drawing


def caption(rows: pd.DataFrame) -> str:
    """Describe the figure."""
    attacked = rows[rows.attack != "clean"]
    return f"""Position RMSE [m] of {captions.listed(rows.model.unique())} in the scenario {rows.scenario.iloc[0]} by
    the defence that it was trained with (down) and the attack of the test (across), clean and at epsilon
    {attacked.epsilon.max():g} ({captions.norms(attacked)}, units of the scaled input). Colours are on a logarithmic scale, dark is
    a large error. {captions.users(rows)} {captions.seeds(rows, "Means over {} seeds.")}"""
