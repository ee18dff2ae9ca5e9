"""Values over a grid: one user's profiles, and how training and test attacks meet."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import CenteredNorm, LogNorm, PowerNorm
from matplotlib.ticker import MaxNLocator

from robustloc import shown
from robustloc.figures.style import COLOURS, MARKERS, STYLE, Figure, mark_errors


def example(images: dict[str, np.ndarray], positions: dict[str, np.ndarray], scale: str, title: str) -> Figure:
    """Draw one user (Fig. 1): clean ADP, perturbation, adversarial ADP, and where the estimates fall.

    Args:
        images: ``clean ADP``, ``perturbation`` and ``adversarial ADP`` (angle bins, delay bins), scaled.
        positions: ``true position``, ``clean estimate`` and ``adversarial estimate`` (1, 3) [m], and ``users`` (N, 3)
            for the map.
        scale: name of the input scale.
        title: what is shown.
    """
    # on a linear scale, a root brings out what lies beside the strongest pixel
    both = np.stack([images["clean ADP"], images["adversarial ADP"]])
    magnitude = {"norm": PowerNorm(1 if scale == "db" else 0.5, vmin=both.min(), vmax=both.max()), "cmap": "viridis"}
    difference = {"norm": CenteredNorm(), "cmap": "RdBu_r"}
    with plt.rc_context(STYLE | {"axes.grid": False}):
        drawing, panels = plt.subplots(1, 4, figsize=(11, 3.2), layout="constrained")
        for axes, (name, image) in zip(panels, images.items(), strict=False):
            drawn = axes.imshow(image, origin="lower", **(difference if name == "perturbation" else magnitude))
            axes.set(title=name, xlabel="delay bin", ylabel="angle bin")
            ticks = MaxNLocator(5, prune="upper")
            drawing.colorbar(drawn, ax=axes, fraction=0.046, label=f"{scale} scale", ticks=ticks)
        _plan(panels[3], positions)
        drawing.legend(loc="outside lower right", ncols=3, handlelength=1, markerscale=0.8)
        drawing.suptitle(title, fontsize=9)
    return drawing


def matrix(rows: pd.DataFrame) -> Figure:
    """Draw the RMSE of localizers trained in several ways (down) under several attacks (across).

    Args:
        rows: the cells of the matrix (`shown.matrix`); of several seeds the mean is drawn.
    """
    grid = shown.grid(rows, "rmse_mean_m")
    with plt.rc_context(STYLE | {"axes.grid": False}):
        margins = (1.6 + 0.07 * max(map(len, grid.index)), 1 + 0.04 * max(map(len, grid.columns)))
        size = (margins[0] + 0.75 * grid.shape[1], margins[1] + 0.45 * grid.shape[0])
        drawing, axes = plt.subplots(figsize=size, layout="constrained")
        image = axes.imshow(grid, norm=LogNorm(), cmap="cividis", aspect="auto")
        for (row, column), value in np.ndenumerate(grid.to_numpy()):
            dark = np.dot(image.to_rgba(value)[:3], (0.299, 0.587, 0.114)) < 0.5
            look = {"color": "white" if dark else "black", "ha": "center", "va": "center", "fontsize": 8}
            axes.text(column, row, f"{value:.3f}", **look)
        axes.axvline(0.5, color="white", linewidth=4)  # clean stands apart
        axes.set_xticks(range(grid.shape[1]), grid.columns, rotation=30, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(grid.shape[0]), grid.index)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set(xlabel="attack", ylabel="defence")
        axes.set_title(f"{rows.scenario.iloc[0]}, {rows.model.iloc[0]}, epsilon {rows.epsilon.max():g}")
        mark_errors(drawing.colorbar(image, label="position RMSE [m]").ax.yaxis)
    return drawing


def _plan(axes: plt.Axes, positions: dict[str, np.ndarray]) -> None:
    """Draw the map of the users and the estimates of one."""
    true = positions["true position"]
    axes.plot(*positions["users"][:, :2].T, ".", color="0.85", markersize=1.5)
    axes.plot(*true[:, :2].T, "*", color=COLOURS[2], markersize=12, label="true position", clip_on=False)
    for place, name in enumerate(("clean estimate", "adversarial estimate")):
        off = np.linalg.norm(positions[name] - true)
        look = {"marker": MARKERS[place], "color": COLOURS[place], "markersize": 5, "clip_on": False}
        axes.plot(*positions[name][:, :2].T, linestyle="", label=f"{name}, {off:.2f} m off", **look)
    axes.set(title="position", xlabel="x [m]", ylabel="y [m]")
    axes.set_aspect("equal", adjustable="datalim")
    axes.xaxis.set_major_locator(MaxNLocator(4))
