"""Distribution over the test users of the smallest epsilon that moves their estimates too far."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from robustloc.figures.parts import captions
from robustloc.figures.parts.style import COLOURS, COLUMN, LINES, STYLE, Figure, defence, legend, wrapped
from robustloc.report import selection

READS = "margins"
TITLE = "smallest epsilons"
SECTION = "figures"

CELL = ["scenario", "model", "defence", "attack", "budget", "tolerance_m", "largest_epsilon"]


def rows(table: pd.DataFrame, figure: dict) -> pd.DataFrame:
    """Return one row per localizer and user: the share of users up to each smallest epsilon, over all seeds.

    Args:
        table: one row per localizer and user (margin.csv).
        figure: scenario, models and defences.
    """
    chosen = selection.chosen(table, figure, model=figure["models"], defence=figure["defences"])
    parts = []
    for names, own in chosen.groupby(CELL, sort=False):
        part = pd.DataFrame(dict(zip(CELL, names, strict=True)), index=range(len(own)))
        part["share"] = np.arange(1, len(own) + 1) / len(own)
        part["smallest_epsilon"] = np.sort(own.smallest_epsilon)
        parts.append(part.assign(seeds=own.seed.nunique(), n_users=own.groupby("seed").size().min()))
    return pd.concat(parts, ignore_index=True) if parts else chosen


def draw(rows: pd.DataFrame) -> Figure:
    """Draw the share of moved users over epsilon: a colour per model, a line style per defence.

    A curve ends below 1 if the largest epsilon does not move all users.
    """
    models, defences = (list(rows[axis].unique()) for axis in ("model", "defence"))
    with plt.rc_context(STYLE):
        drawing, axes = plt.subplots(figsize=(COLUMN, 2.4), layout="constrained")
        samples = []
        for (model, name), own in rows.groupby(["model", "defence"], sort=False):
            epsilons, shares = own.smallest_epsilon[np.isfinite(own.smallest_epsilon)], [0.0, *own.share]
            end = own.largest_epsilon.iloc[0]
            style = {"color": COLOURS[models.index(model) % len(COLOURS)]}
            style |= {"linestyle": LINES[defences.index(name) % len(LINES)], "drawstyle": "steps-post"}
            heights = [*shares[: len(epsilons) + 1], shares[len(epsilons)]]
            label = f"{model}, {defence(name)}"
            samples += axes.plot([0.0, *epsilons, end], heights, label=label, **style)
        axes.set(xlabel="epsilon (units of the scaled input)", ylabel="share of moved users", ylim=(0, 1.02))
        axes.set_xlim(0, rows.largest_epsilon.max())
        title = f"{rows.scenario.iloc[0]}, moved by more than {rows.tolerance_m.iloc[0]:g} m by {rows.attack.iloc[0]}"
        axes.set_title(wrapped(title, COLUMN))
        legend(drawing, samples)
    return drawing


def caption(rows: pd.DataFrame) -> str:
    """Describe the figure."""
    return f"""Share of the test users whose displacement [m] exceeds {rows.tolerance_m.iloc[0]:g}, the distance from
    the estimate without attack, against epsilon, the {captions.norms(rows)} size of the perturbation in units
    of the scaled input: {captions.localizers(rows)}, under {captions.attacks(rows)}. Each user's smallest epsilon is
    found by bisection; it is an upper bound, since a stronger attack may need less. A colour per model, a line style
    per defence. {captions.users(rows)} {captions.seeds(rows, "The users of {} seeds are drawn together.")}"""
