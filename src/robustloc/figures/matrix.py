"""How training and test attacks meet."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm

from robustloc.figures.parts.style import COLUMN, ERRORS, STYLE, Figure, mark_errors, wrapped
from robustloc.report import selection


def draw(rows: pd.DataFrame) -> Figure:
    """Draw the RMSE of localizers trained in several ways (down) under several attacks (across).

    Args:
        rows: the cells of the matrix (`selection.matrix`); of several seeds the mean is drawn.
    """
    grid = selection.grid(rows, "rmse_mean_m")
    with plt.rc_context(STYLE | {"axes.grid": False}):
        margins = (1.2 + 0.06 * max(map(len, grid.index)), 0.9 + 0.04 * max(map(len, grid.columns)))
        size = (max(COLUMN, margins[0] + 0.5 * grid.shape[1]), margins[1] + 0.32 * grid.shape[0])
        drawing, axes = plt.subplots(figsize=size, layout="constrained")
        values = grid.to_numpy()
        low, high = np.nanmin(values), np.nanmax(values)
        norm = LogNorm(low, max(high, 1.01 * low))  # a scale needs a length, even if all are equal
        image = axes.imshow(grid, norm=norm, cmap=ERRORS, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            dark = np.dot(image.to_rgba(value)[:3], (0.299, 0.587, 0.114)) < 0.5
            look = {"color": "white" if dark else "black", "ha": "center", "va": "center", "fontsize": 7}
            axes.text(column, row, f"{value:.3f}", **look)
        axes.axvline(0.5, color="white", linewidth=4)  # clean stands apart
        axes.set_xticks(range(grid.shape[1]), grid.columns, rotation=30, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(grid.shape[0]), grid.index)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set(xlabel="attack", ylabel="defence")
        title = f"{rows.scenario.iloc[0]}, {rows.model.iloc[0]}, epsilon {rows.epsilon.max():g}"
        axes.set_title(wrapped(title, size[0]))
        mark_errors(drawing.colorbar(image, label="position RMSE [m]").ax.yaxis)
    return drawing
