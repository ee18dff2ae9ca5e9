"""Where a localizer is weak: the position error of every test user on the floor plan."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm

from robustloc.figures.parts.style import (
    COLUMN,
    ERRORS,
    PAGE,
    STYLE,
    Figure,
    defence,
    heading,
    legend,
    mark_errors,
    wrapped,
)

# by flag: its name, the short one, and the marker
SIGHT = {
    1: ("line of sight", "LOS", "o"),
    0: ("no line of sight", "NLOS", "^"),
    -1: ("no path", "no path", "D"),
    -2: ("line of sight not recorded", "all", "s"),
}
# of a plan this much longer than wide, panels are stacked, and the long side lies across
LONG = 2.0


def draw(rows: pd.DataFrame) -> Figure:
    """Draw a plan per defence, without and under the attack: colour is the error, the marker tells who has sight.

    Args:
        rows: one per cell and test user (`shown_users.floor_plan`).
    """
    x_m, y_m = (np.ptp(rows[axis]) or 1.0 for axis in ("x_m", "y_m"))
    turned, ratio = y_m > LONG * x_m, min(x_m, y_m) / max(x_m, y_m)
    defences, attacks = (list(rows[axis].unique()) for axis in ("defence", "attack"))
    stacked = ratio < 1 / LONG and len(defences) * len(attacks) <= 6
    width = COLUMN if stacked or len(defences) <= 3 else PAGE
    columns = 1 if stacked else len(attacks) * (2 if width == PAGE and ratio >= 1 / LONG else 1)
    places = {pair: n for n, pair in enumerate((name, attack) for name in defences for attack in attacks)}
    down = -(-len(places) // columns)
    with plt.rc_context(STYLE | {"axes.grid": False, "axes.facecolor": "0.94"}):
        across = (width - 0.5) / columns
        tall = across * 0.92 * (ratio if ratio < 1 / LONG else y_m / x_m)
        size = (width, 1.0 + down * (tall + (0.32 if ratio < 1 / LONG else 0.5)))
        drawing, panels = plt.subplots(
            down, columns, figsize=size, squeeze=False, sharex=True, sharey=True, layout="constrained"
        )
        norm = LogNorm(*_limits(rows.error_m))
        for axes in panels.flat:
            axes.set_visible(False)  # until something is drawn on it
        for pair, own in rows.groupby(["defence", "attack"], sort=False):
            axes = panels.flat[places[pair]]
            axes.set_visible(True)
            drawn = _panel(axes, own, norm, turned)
            axes.set_title(_title((defence(pair[0]), pair[1]), own, across, one_line=ratio < 1 / LONG))
        _label(panels, len(places), turned)
        bar = drawing.colorbar(drawn, ax=panels, location="bottom", label="position error [m]", aspect=40, pad=0.02)
        mark_errors(bar.ax.xaxis)
        drawing.suptitle(wrapped(heading(rows), width))
        _tell_sight(drawing, panels[0, 0], rows)
    return drawing


def _limits(error: pd.Series) -> tuple[float, float]:
    """Let a few very small errors not take most of the colours."""
    high = error.max() or 1.0
    return min(max(error.quantile(0.02), high / 1e4), high / 2), high


def _panel(axes: plt.Axes, own: pd.DataFrame, norm: LogNorm, turned: bool) -> object:
    for sight, (_, _, marker) in SIGHT.items():
        group = own[own.line_of_sight == sight]
        if group.empty:
            continue
        across, up = (group.y_m, group.x_m) if turned else (group.x_m, group.y_m)
        look = {"marker": marker, "s": 9, "linewidths": 0, "cmap": ERRORS, "norm": norm}
        drawn = axes.scatter(across, up, c=group.error_m.clip(lower=norm.vmin), **look)
    axes.set_aspect("equal", adjustable="box")
    return drawn


def _title(names: tuple[str, str], own: pd.DataFrame, across: float, one_line: bool) -> str:
    """Say what a panel shows, and the RMSE of those in and out of the line of sight."""
    groups = [(SIGHT[sight][1], own[own.line_of_sight == sight]) for sight in SIGHT]
    errors = [(name, np.sqrt(np.mean(group.error_m**2))) for name, group in groups if len(group)]
    texts = [f"{name} {error:.3g} m" if len(errors) > 1 else f"{error:.3g} m" for name, error in errors]
    texts[0] = f"RMSE {texts[0]}"
    lines = [", ".join(names), ", ".join(text.replace(" ", "\N{NO-BREAK SPACE}") for text in texts)]
    return wrapped(": ".join(lines), across) if one_line else "\n".join(wrapped(line, across) for line in lines)


def _label(panels: np.ndarray, count: int, turned: bool) -> None:
    """Name the axes at the ends; a plan that is turned by a right angle keeps its left and right."""
    across, up = ("y [m]", "x [m]") if turned else ("x [m]", "y [m]")
    last = count - panels.shape[1]
    for place, axes in enumerate(panels.flat):
        axes.set_ylabel(up if place % panels.shape[1] == 0 else None)
        if last <= place < count:
            axes.set_xlabel(across)
            axes.tick_params(labelbottom=True)
    if turned:
        panels[0, 0].invert_yaxis()


def _tell_sight(drawing: Figure, axes: plt.Axes, rows: pd.DataFrame) -> None:
    """Say which marker is whose, if there are several."""
    present = [SIGHT[sight] for sight in SIGHT if (rows.line_of_sight == sight).any()]
    if len(present) > 1:
        samples = [axes.scatter([], [], marker=marker, s=12, color="0.3", label=name) for name, _, marker in present]
        legend(drawing, samples)
