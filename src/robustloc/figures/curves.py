"""Position errors over the budget of an attacker."""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from robustloc.figures.style import COLOURS, LINES, MARKERS, STYLE, Figure, mark_errors

RATIO = "perturbation-to-signal ratio [dB]"
# characters of the legend that fit beside each other, and those that an entry's sample takes
ROOM, SAMPLE = 95, 10


def rmse(rows: pd.DataFrame) -> Figure:
    """Draw RMSE against the budget (Fig. 4-8): a colour per attack or model, a line style per defence.

    Of several seeds the mean is drawn, in a band of one standard deviation to either side.

    Args:
        rows: the cells of the figure (`shown.rmse`); attacks over the air are drawn over decibels, and a localizer
            without attacks is a level.
    """
    attacked = rows[rows.attack != "clean"]
    physical = bool((attacked.budget == "psr_db").all())
    lines = list(attacked.defence.unique())
    colours = list(attacked[["model", "attack"]].drop_duplicates().itertuples(index=False, name=None))
    varied = [axis for axis in ("model", "attack") if attacked[axis].nunique() > 1]
    with plt.rc_context(STYLE):
        drawing, axes = plt.subplots(layout="constrained")
        for (defence, model), own in rows.groupby(["defence", "model"], sort=False):
            clean = own.attack == "clean"
            for attack in own.attack[~clean].unique():
                # without attack epsilon is 0, and the ratio minus infinity decibels
                curve = own[own.attack.isin([attack] if physical else ["clean", attack])]
                _curve(axes, curve, **_look(colours.index((model, attack)), lines.index(defence)))
            if physical or clean.all():
                name = model if clean.all() else f"{model}, {_defence(defence)}, clean"
                _mark(axes, own.rmse_mean_m[clean], name, at_right=not clean.all())
        fixed = [attacked[axis].iloc[0] for axis in ("scenario", "model", "attack") if axis not in varied]
        axes.set_title(", ".join(fixed + [_defence(name) for name in lines if len(lines) == 1]))
        axes.set_xlabel(RATIO if physical else "epsilon (units of the scaled input)")
        axes.set_ylabel("position RMSE [m]")
        names = attacked[varied or ["attack"]].agg(", ".join, axis=1).unique()
        _finish(drawing, axes, names, [_defence(name) for name in lines])
    return drawing


def certified(rows: pd.DataFrame) -> Figure:
    """Draw the error that is certified within a radius: RMSE and 90th percentile, a colour per localizer.

    A curve ends where nothing can be certified any more.

    Args:
        rows: one per localizer and radius (`shown.certified`).
    """
    values = {"certified_rmse_m": "RMSE", "certified_p90_m": "90th percentile"}
    with plt.rc_context(STYLE):
        drawing, axes = plt.subplots(layout="constrained")
        localizers = rows.groupby(["model", "defence"], sort=False)
        for colour, (_, curve) in enumerate(localizers):
            for line, value in enumerate(values):
                axes.plot(curve.radius, curve[value], **_look(colour, line))
        axes.set_xlim(left=0)
        axes.set(xlabel="certified radius (L2, units of the scaled input)", ylabel="certified position error [m]")
        axes.set_title(f"{rows.scenario.iloc[0]}, {rows.confidence.min():.4g} confidence of each user")
        _ratios(axes, rows)
        _finish(drawing, axes, [", ".join(names) for names, _ in localizers], list(values.values()))
    return drawing


def _defence(name: str) -> str:
    return "no defence" if name == "none" else name


def _look(colour: int, line: int = 0) -> dict:
    own = {"color": COLOURS[colour % len(COLOURS)], "marker": MARKERS[colour % len(MARKERS)]}
    return own | {"linestyle": LINES[line % len(LINES)], "markersize": 4}


def _curve(axes: plt.Axes, cells: pd.DataFrame, **look: object) -> None:
    mean, spread = cells.rmse_mean_m, cells.rmse_std_m
    axes.plot(cells.epsilon, mean, **look)
    if spread.notna().any():
        axes.fill_between(cells.epsilon, mean - spread, mean + spread, color=look["color"], alpha=0.15, linewidth=0)


def _mark(axes: plt.Axes, level: pd.Series, name: str, at_right: bool = False) -> None:
    """Draw a level that no attack has a part in, such as what a localizer achieves that looks at nothing."""
    axes.axhline(level.mean(), color="0.4", linewidth=0.8)
    place = {"xy": (float(at_right), level.mean()), "xycoords": ("axes fraction", "data")}
    place |= {"xytext": (-3 if at_right else 3, 2), "ha": "right" if at_right else "left"}
    axes.annotate(name, textcoords="offset points", color="0.4", fontsize=7, **place)


def _ratios(axes: plt.Axes, rows: pd.DataFrame) -> None:
    """Write along the top which perturbation-to-signal ratios (of the median user) the radii below it are."""
    known = rows[rows.radius > 0].groupby("radius").psr_db.median()
    radii = [radius for radius in axes.get_xticks() if known.index.min() <= radius <= known.index.max()]
    # decibels grow with the logarithm of the radius
    ratios = np.interp(np.log(radii), np.log(known.index), known)
    axes.secondary_xaxis("top").set_xticks(radii, [f"{ratio:.1f}" for ratio in ratios])
    axes.child_axes[0].set_xlabel(RATIO)


def _finish(drawing: Figure, axes: plt.Axes, colours: Sequence[str], lines: Sequence[str]) -> None:
    """Scale the errors by their logarithm, and say below what colours and line styles are."""
    axes.set_yscale("log")
    mark_errors(axes.yaxis)
    samples = [axes.plot([], [], label=name, **_look(colour))[0] for colour, name in enumerate(colours)]
    for line, name in enumerate(lines if len(lines) > 1 else ()):
        samples += axes.plot([], [], label=name, **_look(0, line) | {"color": "0.4", "marker": ""})
    columns = max(1, ROOM // (max(len(sample.get_label()) for sample in samples) + SAMPLE))
    drawing.set_size_inches(5.2, 3.6 + 0.16 * math.ceil(len(samples) / columns))
    drawing.legend(handles=samples, ncols=columns, loc="outside lower center")
