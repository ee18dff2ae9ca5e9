"""How position errors are distributed over the users."""

import matplotlib.pyplot as plt
import pandas as pd

from robustloc.figures.map import SIGHT
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

# so many line styles are told apart in one panel
FEW = 4


def draw(rows: pd.DataFrame) -> Figure:
    """Draw the share of users below an error: a colour without and one under the attack, a line style per defence.

    (Of more than FEW defences, the other way round.)

    Users in and out of the line of sight have a panel each. Of several seeds the mean of each quantile is drawn, in a
    band of one standard deviation to either side.

    Args:
        rows: one per cell, group of users and quantile (`shown_users.distribution`).
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
        # bands may come near to zero, and so may the luckiest in a hundred
        panels[-1, 0].set_xlim(left=0.8 * rows.error_mean_m[(rows.error_mean_m > 0) & (rows.share >= 0.01)].min())
        mark_errors(panels[-1, 0].xaxis)
        alone = [defence(name) for name in defences if len(defences) == 1]
        drawing.suptitle(wrapped(heading(rows, *alone), COLUMN))
        samples = list(of_attack.items()) + (list(of_defence.items()) if len(defences) > 1 else [])
        grey = {"color": "0.4"}
        legend(drawing, [axes.plot([], [], label=defence(name), **grey | own)[0] for name, own in samples])
    return drawing


def _looks(attacks: list[str], defences: list[str]) -> tuple[dict[str, dict], dict[str, dict]]:
    """Give attacks a colour and defences a line style each, or the other way round if there are many defences."""
    many = len(defences) > FEW
    colours, lines = (defences, attacks[::-1]) if many else (attacks, defences)
    coloured = {
        name: {"color": COLOURS[n % len(COLOURS)], "linewidth": 1.2 + n // len(COLOURS)}
        for n, name in enumerate(colours)
    }
    lined = {name: {"linestyle": LINES[n % len(LINES)]} for n, name in enumerate(lines)}
    return (lined, coloured) if many else (coloured, lined)


def _steps(axes: plt.Axes, curve: pd.DataFrame, **style: object) -> None:
    """Draw a distribution: it rises at each quantile."""
    curve = curve.iloc[[0, *range(len(curve))]].assign(share=[0.0, *curve.share])
    mean, spread = curve.error_mean_m, curve.error_std_m
    axes.plot(mean, curve.share, drawstyle="steps-post", **style)
    if spread.notna().any():
        low = (mean - spread).clip(lower=mean / 100)
        axes.fill_betweenx(curve.share, low, mean + spread, color=style["color"], alpha=0.15, linewidth=0, step="pre")
