"""Certified position error against the radius within which it holds."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from robustloc.figures.parts import captions
from robustloc.figures.parts.curves import RATIO, UNMARKED, curve, scale_errors
from robustloc.figures.parts.style import COLUMN, STYLE, Figure, legend, look, wrapped
from robustloc.report import selection

READS = "certified"
TITLE = "certified errors"
SECTION = "certificates"

LOCALIZER = ["scenario", "model", "defence", "sigma", "confidence"]


def rows(table: pd.DataFrame, figure: dict) -> pd.DataFrame:
    """Average the figure's localizers over seeds; with several seeds, also take the standard deviation.

    Args:
        table: one row per localizer and radius (certified.csv).
        figure: scenario, models and defences.
    """
    chosen = selection.chosen(table, figure, defence=figure["defences"], model=figure["models"])
    groups = chosen.groupby([*LOCALIZER, "radius"], sort=False)
    errors = ["certified_rmse_m", "certified_p90_m"]
    means = groups[["psr_db", *errors]].mean()
    # the error is infinite where nothing is certified, and then it has no standard deviation
    spread = chosen.replace(np.inf, np.nan).groupby([*LOCALIZER, "radius"], sort=False)[errors].std()
    spread.columns = [name.replace("_m", "_std_m") for name in errors]
    counts = groups.agg(seeds=("radius", "size"), n_users=("n_users", "min"))
    return pd.concat([means, spread, counts], axis=1).reset_index()


def draw(rows: pd.DataFrame) -> Figure:
    """Draw RMSE and 90th percentile over the radius: a colour per localizer, a line style per value.

    A curve ends at the radius beyond which nothing is certified.
    """
    values = {"certified_rmse": "RMSE", "certified_p90": "90th percentile"}
    with plt.rc_context(STYLE):
        drawing, axes = plt.subplots(figsize=(COLUMN, 2.6), layout="constrained")
        localizers = rows.groupby(["model", "defence"], sort=False)
        for colour, (_, own) in enumerate(localizers):
            for line, value in enumerate(values):
                curve(axes, own.radius, own[f"{value}_m"], own[f"{value}_std_m"], **look(colour, line))
        axes.set_xlim(left=-0.02 * rows.radius.max())  # room for the marker at 0
        axes.set(xlabel="certified radius (L2, units of the scaled input)", ylabel="certified position error [m]")
        sure = f"{rows.confidence.min():.4g} confidence of all bounds"
        axes.set_title(wrapped(f"{rows.scenario.iloc[0]}, {sure}", COLUMN))
        scale_errors(axes)
        _mark_ratios(axes, rows)
        samples = [axes.plot([], [], label=", ".join(names), **look(n))[0] for n, (names, _) in enumerate(localizers)]
        samples += [axes.plot([], [], label=name, **look(0, n) | UNMARKED)[0] for n, name in enumerate(values.values())]
        legend(drawing, samples)
    return drawing


def caption(rows: pd.DataFrame) -> str:
    """Describe the figure."""
    return f"""Position error [m] that is certified against every perturbation up to an L2 radius in units of the scaled
    input: {captions.localizers(rows)}. Solid is the RMSE, dashed the 90th percentile over users. The bounds of a seed
    hold together, at all users and radii, with a confidence of {rows.confidence.min():.4g}. Radius 0 is the smoothed
    estimate's own error, and a curve ends where nothing is certified. Along the top is the power of the radius relative
    to the median user's signal [dB].
    {captions.users(rows)} {captions.seeds(rows)}"""


def _mark_ratios(axes: plt.Axes, rows: pd.DataFrame) -> None:
    """Label the top axis with the perturbation-to-signal ratio (of the median user) of each radius."""
    known = rows[rows.radius > 0].groupby("radius").psr_db.median()
    low, high = known.index.min() * (1 - 1e-9), known.index.max() * (1 + 1e-9)  # ticks are rounded
    radii = [radius for radius in axes.get_xticks() if low <= radius <= high]
    # decibels are linear in the logarithm of the radius
    ratios = np.interp(np.log(radii), np.log(known.index), known)
    axes.secondary_xaxis("top").set_xticks(radii, [f"{ratio:.1f}" for ratio in ratios])
    axes.child_axes[0].set_xlabel(RATIO)
