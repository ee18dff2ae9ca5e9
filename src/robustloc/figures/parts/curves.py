"""Position errors over the budget or the power of an attacker, and what is certified over a radius."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from robustloc.figures.parts.style import COLUMN, STYLE, Figure, defence, legend, look, mark_errors, wrapped

RATIO = "perturbation-to-signal ratio [dB]"
PLAIN = {"color": "0.4", "marker": ""}
ALONE = {"linewidth": 0.8, "color": "0.4"}


def rmse(rows: pd.DataFrame) -> Figure:
    """Draw RMSE against the budget (Fig. 4-8): a colour per attack or model, a line style per defence.

    Args:
        rows: the cells of the figure (`shown.rmse`); attacks over the air are drawn over decibels, and a localizer
            without attacks is a level.
    """
    if (rows[rows.attack != "clean"].budget == "psr_db").all():
        return power(rows)
    return _draw(rows, "epsilon", "epsilon (units of the scaled input)")


def power(rows: pd.DataFrame) -> Figure:
    """Draw RMSE against the measured power of the median user, on which attacks of all budgets compare.

    Args:
        rows: the cells of the figure (`shown.rmse`).
    """
    return _draw(rows, "psr_db", RATIO)


def certified(rows: pd.DataFrame) -> Figure:
    """Draw the error that is certified within a radius: RMSE and 90th percentile, a colour per localizer.

    A curve ends where nothing can be certified any more.

    Args:
        rows: one per localizer and radius (`shown.certified`).
    """
    values = {"certified_rmse": "RMSE", "certified_p90": "90th percentile"}
    with plt.rc_context(STYLE):
        drawing, axes = plt.subplots(figsize=(COLUMN, 2.6), layout="constrained")
        localizers = rows.groupby(["model", "defence"], sort=False)
        for colour, (_, curve) in enumerate(localizers):
            for line, value in enumerate(values):
                _curve(axes, curve.radius, curve[f"{value}_m"], curve[f"{value}_std_m"], **look(colour, line))
        axes.set_xlim(left=-0.02 * rows.radius.max())  # room for the marker at 0
        axes.set(xlabel="certified radius (L2, units of the scaled input)", ylabel="certified position error [m]")
        axes.set_title(wrapped(f"{rows.scenario.iloc[0]}, {rows.confidence.min():.4g} confidence of each user", COLUMN))
        _scale(axes)
        _ratios(axes, rows)
        samples = [axes.plot([], [], label=", ".join(names), **look(n))[0] for n, (names, _) in enumerate(localizers)]
        samples += [axes.plot([], [], label=name, **look(0, n) | PLAIN)[0] for n, name in enumerate(values.values())]
        legend(drawing, samples)
    return drawing


def _draw(rows: pd.DataFrame, along: str, label: str) -> Figure:
    """Draw the mean RMSE of the seeds along a column, in a band of a standard deviation to either side."""
    attacked = rows[rows.attack != "clean"]
    lines = list(attacked.defence.unique())
    colours = list(attacked[["model", "attack"]].drop_duplicates().itertuples(index=False, name=None))
    varied = [axis for axis in ("model", "attack") if attacked[axis].nunique() > 1]
    with plt.rc_context(STYLE):
        drawing, axes = plt.subplots(figsize=(COLUMN, 2.5), layout="constrained")
        for names, own in rows.groupby(["defence", "model"], sort=False):
            for attack in own.attack[own.attack != "clean"].unique():
                # a curve over epsilon begins without attack, at 0; in decibels that is minus infinity
                curve = own[own.attack.isin(["clean", attack])].sort_values(along, kind="stable")
                curve = curve[np.isfinite(curve[along])]
                style = look(colours.index((names[1], attack)), lines.index(names[0]))
                _curve(axes, curve[along], curve.rmse_mean_m, curve.rmse_std_m, **style)
        _levels(axes, rows, lines, with_clean=along != "epsilon")
        fixed = [attacked[axis].iloc[0] for axis in ("scenario", "model", "attack") if axis not in varied]
        axes.set_title(wrapped(", ".join(fixed + [defence(name) for name in lines if len(lines) == 1]), COLUMN))
        axes.set(xlabel=label, ylabel="position RMSE [m]")
        _scale(axes)
        names = attacked[varied or ["attack"]].agg(", ".join, axis=1).unique()
        samples = [axes.plot([], [], label=name, **look(colour))[0] for colour, name in enumerate(names)]
        for line, name in enumerate(lines if len(lines) > 1 else ()):
            samples += axes.plot([], [], label=defence(name), **look(0, line) | PLAIN)
        if along != "epsilon":
            samples += axes.plot([], [], label="without attack", **look(0) | PLAIN | ALONE)
        legend(drawing, samples)
    return drawing


def _curve(axes: plt.Axes, budgets: pd.Series, mean: pd.Series, spread: pd.Series, **style: object) -> None:
    axes.plot(budgets, mean, **style)
    if spread.notna().any():
        low = np.maximum(mean - spread, mean / 100)  # errors are drawn by their logarithm
        axes.fill_between(budgets, low, mean + spread, color=style["color"], alpha=0.15, linewidth=0)


def _levels(axes: plt.Axes, rows: pd.DataFrame, lines: list[str], with_clean: bool) -> None:
    """Mark what attacks have no part in: clean errors, and what a localizer achieves that looks at nothing."""
    several = rows[rows.attack != "clean"].model.nunique() > 1
    for (name, model), own in rows.groupby(["defence", "model"], sort=False):
        level = own.rmse_mean_m[own.attack == "clean"]
        is_attacked = (own.attack != "clean").any()
        if level.empty or (is_attacked and not with_clean):
            continue
        style = look(0, lines.index(name) if is_attacked else 0)
        axes.axhline(level.mean(), **style | PLAIN | ALONE)
        if several or not is_attacked:
            place = {"xy": (float(is_attacked), level.mean()), "xycoords": ("axes fraction", "data")}
            place["bbox"] = {"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 0.5}
            place |= {"xytext": (-3 if is_attacked else 3, 2), "ha": "right" if is_attacked else "left"}
            axes.annotate(model, textcoords="offset points", color="0.4", fontsize=7, **place)


def _scale(axes: plt.Axes) -> None:
    """Scale the errors by their logarithm."""
    axes.set_yscale("log")
    mark_errors(axes.yaxis)


def _ratios(axes: plt.Axes, rows: pd.DataFrame) -> None:
    """Write along the top which perturbation-to-signal ratios (of the median user) the radii below it are."""
    known = rows[rows.radius > 0].groupby("radius").psr_db.median()
    low, high = known.index.min() * (1 - 1e-9), known.index.max() * (1 + 1e-9)  # ticks are rounded
    radii = [radius for radius in axes.get_xticks() if low <= radius <= high]
    # decibels grow with the logarithm of the radius
    ratios = np.interp(np.log(radii), np.log(known.index), known)
    axes.secondary_xaxis("top").set_xticks(radii, [f"{ratio:.1f}" for ratio in ratios])
    axes.child_axes[0].set_xlabel(RATIO)
