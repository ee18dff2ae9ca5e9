"""Position RMSE over the budget or the power of an attack: cells and curves of several kinds of figures."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from robustloc.figures.parts.style import COLUMN, STYLE, Figure, defence, legend, look, mark_errors, wrapped
from robustloc.report import selection

RATIO = "perturbation-to-signal ratio [dB]"
UNMARKED = {"color": "0.4", "marker": ""}
LEVEL = {"linewidth": 0.8, "color": "0.4"}


def cells(summary: pd.DataFrame, figure: dict) -> pd.DataFrame:
    """Choose the cells of a figure's localizers and attacks, and the baseline `constant`, which ignores its input.

    Args:
        summary: one row per cell (summary.csv).
        figure: scenario, models, defences and attacks.
    """
    names = {"defence": figure["defences"], "model": figure["models"], "attack": ["clean", *figure["attacks"]]}
    chosen = selection.chosen(summary, figure, **names)
    constant = selection.chosen(summary, figure, model=["constant"], attack=["clean"])
    return pd.concat([chosen, constant])[selection.CELL].drop_duplicates()


def is_over_the_air(rows: pd.DataFrame) -> bool:
    """Return whether no attack of a figure has an epsilon."""
    return bool((rows[rows.attack != "clean"].budget == "psr_db").all())


def over_epsilon(rows: pd.DataFrame) -> Figure:
    """Draw RMSE against epsilon (Fig. 4-8).

    Args:
        rows: the cells of the figure (`cells`).
    """
    return _draw(rows, "epsilon", "epsilon (units of the scaled input)")


def over_power(rows: pd.DataFrame) -> Figure:
    """Draw RMSE against the measured power of the median user, the axis that attacks of all budgets share.

    Args:
        rows: the cells of the figure (`cells`).
    """
    return _draw(rows, "psr_db", RATIO)


def curve(axes: plt.Axes, budgets: pd.Series, mean: pd.Series, spread: pd.Series, **style: object) -> None:
    """Draw mean errors over budgets, in a band of one standard deviation on either side if there is one."""
    axes.plot(budgets, mean, **style)
    if spread.notna().any():
        low = np.maximum(mean - spread, mean / 100)  # a logarithmic axis has no zero
        axes.fill_between(budgets, low, mean + spread, color=style["color"], alpha=0.15, linewidth=0)


def scale_errors(axes: plt.Axes) -> None:
    """Put the errors of the vertical axis on a logarithmic scale."""
    axes.set_yscale("log")
    mark_errors(axes.yaxis)


def _draw(rows: pd.DataFrame, along: str, label: str) -> Figure:
    """Draw the mean RMSE over seeds along a column: a colour per attack or model, a line style per defence."""
    attacked = rows[rows.attack != "clean"]
    lines = list(attacked.defence.unique())
    colours = list(attacked[["model", "attack"]].drop_duplicates().itertuples(index=False, name=None))
    varied = [axis for axis in ("model", "attack") if attacked[axis].nunique() > 1]
    alone = selection.of_one_budget(attacked)
    with plt.rc_context(STYLE):
        drawing, axes = plt.subplots(figsize=(COLUMN, 2.5), layout="constrained")
        for names, own in rows.groupby(["defence", "model"], sort=False):
            for attack in own.attack[own.attack != "clean"].unique():
                # a curve over epsilon starts at the clean error; over decibels that point is at minus infinity
                part = own[own.attack.isin(["clean", attack])].sort_values(along, kind="stable")
                part = part[np.isfinite(part[along])]
                style = look(colours.index((names[1], attack)), lines.index(names[0]))
                if attack in alone:  # a line to its only point would cross the curves of others
                    part = part[part.attack != "clean"]
                    style |= {"linestyle": "", "markerfacecolor": "white" if lines.index(names[0]) else style["color"]}
                curve(axes, part[along], part.rmse_mean_m, part.rmse_std_m, **style)
        _levels(axes, rows, lines, with_clean=along != "epsilon")
        fixed = [attacked[axis].iloc[0] for axis in ("scenario", "model", "attack") if axis not in varied]
        axes.set_title(wrapped(", ".join(fixed + [defence(name) for name in lines if len(lines) == 1]), COLUMN))
        axes.set(xlabel=label, ylabel="position RMSE [m]")
        scale_errors(axes)
        names = attacked[varied or ["attack"]].agg(", ".join, axis=1).unique()
        samples = [axes.plot([], [], label=name, **look(colour))[0] for colour, name in enumerate(names)]
        for line, name in enumerate(lines if len(lines) > 1 else ()):
            samples += axes.plot([], [], label=defence(name), **look(0, line) | UNMARKED)
        if along != "epsilon":
            samples += axes.plot([], [], label="without attack", **look(0) | UNMARKED | LEVEL)
        legend(drawing, samples)
    return drawing


def _levels(axes: plt.Axes, rows: pd.DataFrame, lines: list[str], with_clean: bool) -> None:
    """Draw horizontal lines at errors without attack: of localizers that are not attacked, and of all `with_clean`."""
    several = rows[rows.attack != "clean"].model.nunique() > 1
    for (name, model), own in rows.groupby(["defence", "model"], sort=False):
        level = own.rmse_mean_m[own.attack == "clean"]
        is_attacked = (own.attack != "clean").any()
        if level.empty or (is_attacked and not with_clean):
            continue
        style = look(0, lines.index(name) if is_attacked else 0)
        axes.axhline(level.mean(), **style | UNMARKED | LEVEL)
        if several or not is_attacked:
            place = {"xy": (float(is_attacked), level.mean()), "xycoords": ("axes fraction", "data")}
            place["bbox"] = {"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 0.5}
            place |= {"xytext": (-3 if is_attacked else 3, 2), "ha": "right" if is_attacked else "left"}
            axes.annotate(model, textcoords="offset points", color="0.4", fontsize=7, **place)
