"""Position error of every test user on the floor plan, clean and under attack."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm

from robustloc.data.dataset import Users
from robustloc.data.scale import Scale
from robustloc.figures.parts import captions
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
from robustloc.figures.parts.users import CELL, SIGHT, USER, errors

READS = "sets"
COLUMNS = ("user", "error_m")
TITLE = "errors on the floor plan"
SECTION = "models"

# A plan this many times longer than wide has its long side across the page, and its panels in one column.
LONG = 2.0
WORDS = {
    1: "in line of sight (LOS, circles)",
    0: "without line of sight (NLOS, triangles)",
    -1: "without any path (diamonds)",
    -2: "with line of sight not recorded (squares)",
}


def rows(sets: list[tuple[dict, dict]], test: Users, scale: Scale) -> pd.DataFrame:
    """Return one row per cell and test user; the error [m] is the root mean square over seeds.

    Args:
        sets: names and columns of each set.
        test: the test users.
        scale: not used.
    """
    table = errors(sets, test)
    groups = table.assign(error_m=table.error_m**2).groupby([*CELL, *USER], sort=False)
    found = groups.agg(error_m=("error_m", "mean"), seeds=("seed", "nunique")).reset_index()
    return found.assign(error_m=np.sqrt(found.error_m))


def draw(rows: pd.DataFrame) -> Figure:
    """Draw a floor plan per defence, clean and under the attack: colour is the error, the marker the line of sight."""
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
            axes.set_visible(False)  # panels without a cell stay hidden
        for pair, own in rows.groupby(["defence", "attack"], sort=False):
            axes = panels.flat[places[pair]]
            axes.set_visible(True)
            drawn = _panel(axes, own, norm, turned)
            axes.set_title(_title((defence(pair[0]), pair[1]), own, across, one_line=ratio < 1 / LONG))
        _label(panels, len(places), turned)
        bar = drawing.colorbar(drawn, ax=panels, location="bottom", label="position error [m]", aspect=40, pad=0.02)
        mark_errors(bar.ax.xaxis)
        drawing.suptitle(wrapped(heading(rows), width))
        _legend(drawing, panels[0, 0], rows)
    return drawing


def caption(rows: pd.DataFrame) -> str:
    """Describe the figure."""
    users = rows.drop_duplicates("user")
    counts = [(text, (users.line_of_sight == flag).sum()) for flag, text in WORDS.items()]
    sight = ", ".join(f"{count} {text}" for text, count in counts if count)
    several = "Each user's error is the root mean square over {} seeds."
    return f"""Position error [m] of every test user on the floor plan: {captions.localizers(rows)},
    {captions.under(rows)}. Colour is the error, on a logarithmic scale, dark is a large one; above each panel is the RMSE
    over its users. {len(users)} test users: {sight}. {captions.seeds(rows, several)}"""


def _limits(error: pd.Series) -> tuple[float, float]:
    """Return the ends of the colour scale; a few very small errors must not take most of the colours."""
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
    """Name what a panel shows, with the RMSE of the users in each state of line of sight."""
    groups = [(SIGHT[sight][1], own[own.line_of_sight == sight]) for sight in SIGHT]
    errors = [(name, np.sqrt(np.mean(group.error_m**2))) for name, group in groups if len(group)]
    texts = [f"{name} {error:.3g} m" if len(errors) > 1 else f"{error:.3g} m" for name, error in errors]
    texts[0] = f"RMSE {texts[0]}"
    lines = [", ".join(names), ", ".join(text.replace(" ", "\N{NO-BREAK SPACE}") for text in texts)]
    return wrapped(": ".join(lines), across) if one_line else "\n".join(wrapped(line, across) for line in lines)


def _label(panels: np.ndarray, count: int, turned: bool) -> None:
    """Label the outer axes; invert the vertical axis of a turned plan, so that it is rotated and not mirrored."""
    across, up = ("y [m]", "x [m]") if turned else ("x [m]", "y [m]")
    last = count - panels.shape[1]
    for place, axes in enumerate(panels.flat):
        axes.set_ylabel(up if place % panels.shape[1] == 0 else None)
        if last <= place < count:
            axes.set_xlabel(across)
            axes.tick_params(labelbottom=True)
    if turned:
        panels[0, 0].invert_yaxis()


def _legend(drawing: Figure, axes: plt.Axes, rows: pd.DataFrame) -> None:
    """Add a legend of the markers, if there are several."""
    present = [SIGHT[sight] for sight in SIGHT if (rows.line_of_sight == sight).any()]
    if len(present) > 1:
        samples = [axes.scatter([], [], marker=marker, s=12, color="0.3", label=name) for name, _, marker in present]
        legend(drawing, samples)
