"""Distribution of the position error over the test users."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from robustloc.data.dataset import Users
from robustloc.data.scale import Scale
from robustloc.figures.parts import captions
from robustloc.figures.parts.style import (
    COLOURS,
    COLUMN,
    LINES,
    STYLE,
    Figure,
    defence,
    heading,
    legend,
    mark_errors,
    wrapped,
)
from robustloc.figures.parts.users import CELL, SIGHT, errors

READS = "sets"
COLUMNS = ("user", "error_m")
TITLE = "distribution of errors"
SECTION = "models"

# More line styles than this cannot be told apart in one panel.
FEW = 4


def rows(sets: list[tuple[dict, dict]], test: Users, scale: Scale) -> pd.DataFrame:
    """Return one row per cell, line of sight and quantile of the position error [m].

    The k-th smallest of n errors is the quantile of k/n. Over seeds, each quantile has a mean and a sample standard
    deviation; all seeds have the same users.

    Args:
        sets: names and columns of each set.
        test: the test users.
        scale: not used.
    """
    parts = []
    for names, own in errors(sets, test).groupby([*CELL, "line_of_sight"], sort=False):
        ordered = np.stack([np.sort(seed.error_m) for _, seed in own.groupby("seed")])
        seeds, users = ordered.shape
        part = pd.DataFrame(dict(zip([*CELL, "line_of_sight"], names, strict=True)), index=range(users))
        part["share"], part["error_mean_m"] = np.arange(1, users + 1) / users, ordered.mean(axis=0)
        part["error_std_m"] = ordered.std(axis=0, ddof=1) if seeds > 1 else np.nan
        parts.append(part.assign(seeds=seeds, n_users=users))
    return pd.concat(parts, ignore_index=True)


def draw(rows: pd.DataFrame) -> Figure:
    """Draw the share of users below each error: a colour for clean and attacked, a line style per defence.

    With more than FEW defences, each defence has a colour, and clean and attacked have a line style each. Each state of
    line of sight has its own panel. With several seeds, the curve is the mean of each quantile, and a band shows one
    standard deviation on either side.
    """
    groups = [sight for sight in SIGHT if (rows.line_of_sight == sight).any()]
    attacks, defences = (list(rows[axis].unique()) for axis in ("attack", "defence"))
    of_attack, of_defence = _looks(attacks, defences)
    with plt.rc_context(STYLE):
        size = (COLUMN, 0.9 + 1.25 * len(groups))
        drawing, panels = plt.subplots(len(groups), figsize=size, sharex=True, squeeze=False, layout="constrained")
        for axes, sight in zip(panels.flat, groups, strict=True):
            own = rows[rows.line_of_sight == sight]
            for names, curve in own.groupby(["attack", "defence"], sort=False):
                _steps(axes, curve, **of_attack[names[0]] | of_defence[names[1]])
            count = int(own.n_users.max())
            axes.set(
                title=f"{SIGHT[sight][0]}, {count} user{'s' * (count > 1)}", ylim=(0, 1.02), ylabel="share of users"
            )
            axes.set_xscale("log")
        panels[-1, 0].set_xlabel("position error [m]")
        # the smallest hundredth of the errors and the bands may be close to zero; they must not set the limit
        panels[-1, 0].set_xlim(left=0.8 * rows.error_mean_m[(rows.error_mean_m > 0) & (rows.share >= 0.01)].min())
        mark_errors(panels[-1, 0].xaxis)
        alone = [defence(name) for name in defences if len(defences) == 1]
        drawing.suptitle(wrapped(heading(rows, *alone), COLUMN))
        samples = list(of_attack.items()) + (list(of_defence.items()) if len(defences) > 1 else [])
        grey = {"color": "0.4"}
        legend(drawing, [axes.plot([], [], label=defence(name), **grey | own)[0] for name, own in samples])
    return drawing


def caption(rows: pd.DataFrame) -> str:
    """Describe the figure."""
    several = "Curves are each quantile's mean over {} seeds, bands plus and minus one standard deviation over seeds."
    users = rows.drop_duplicates("line_of_sight").n_users.sum()
    return f"""Share of the test users whose position error is at most that on the axis [m, logarithmic], by line of
    sight to the base station: {captions.localizers(rows)}, {captions.under(rows)}. Colours and line styles
    distinguish attacks and defences. {users} test users. {captions.seeds(rows, several)}"""


def _looks(attacks: list[str], defences: list[str]) -> tuple[dict[str, dict], dict[str, dict]]:
    """Return the style of each attack and of each defence: colours for one axis, line styles for the other."""
    many = len(defences) > FEW
    colours, lines = (defences, attacks[::-1]) if many else (attacks, defences)
    coloured = {
        name: {"color": COLOURS[n % len(COLOURS)], "linewidth": 1.2 + n // len(COLOURS)}
        for n, name in enumerate(colours)
    }
    lined = {name: {"linestyle": LINES[n % len(LINES)]} for n, name in enumerate(lines)}
    return (lined, coloured) if many else (coloured, lined)


def _steps(axes: plt.Axes, curve: pd.DataFrame, **style: object) -> None:
    """Draw a distribution as steps that rise at each quantile."""
    curve = curve.iloc[[0, *range(len(curve))]].assign(share=[0.0, *curve.share])
    mean, spread = curve.error_mean_m, curve.error_std_m
    axes.plot(mean, curve.share, drawstyle="steps-post", **style)
    if spread.notna().any():
        low = (mean - spread).clip(lower=mean / 100)
        axes.fill_betweenx(curve.share, low, mean + spread, color=style["color"], alpha=0.15, linewidth=0, step="pre")
