"""Template of a kind of figure: copy it to src/robustloc/figures/mine.py (the file's name is the kind), then change it.

Yours to change: everything but the names in capitals and the functions `rows`, `draw` and `caption`; the contract is in
src/robustloc/figures/__init__.py. Then add a line for the kind to config.schema.yaml, below the other kinds. It says
which keys a figure of this kind has, here the keys of the kind certified:

        - {<<: *localizers, properties: {<<: *localizers_keys, kind: {const: mine, description: "clean RMSE by model"}}}

Then add a figure to your experiment, and draw it with `snakemake figure_clean`:

figures: [{name: clean, kind: mine, scenario: indoor, models: [dcnn], defences: [none]}]
"""

import matplotlib.pyplot as plt
import pandas as pd

from robustloc.figures.parts import captions
from robustloc.figures.parts.style import COLUMN, STYLE, Figure, wrapped
from robustloc.report import selection

READS = "summary"
TITLE = "RMSE without attack"
SECTION = "figures"


def rows(table: pd.DataFrame, figure: dict) -> pd.DataFrame:
    """Choose the cells without attack.

    Args:
        table: one row per cell (summary.csv).
        figure: scenario, models and defences.
    """
    names = {"model": figure["models"], "defence": figure["defences"], "attack": ["clean"]}
    return selection.chosen(table, figure, **names)[selection.CELL]


def draw(rows: pd.DataFrame) -> Figure:
    """Draw a bar per localizer, with an error bar of one standard deviation over seeds."""
    names = rows.model + ", " + rows.defence
    with plt.rc_context(STYLE):
        drawing, axes = plt.subplots(figsize=(COLUMN, 1.0 + 0.25 * len(rows)), layout="constrained")
        axes.barh(names, rows.rmse_mean_m, xerr=rows.rmse_std_m)
        axes.invert_yaxis()  # the first is on top
        axes.set(xlabel="position RMSE [m]", title=wrapped(rows.scenario.iloc[0], COLUMN))
    return drawing


def caption(rows: pd.DataFrame) -> str:
    """Describe the figure."""
    several = "Bars are means over {} seeds, error bars plus and minus one standard deviation."
    return f"""Position RMSE [m] without attack: {captions.localizers(rows)}. {captions.users(rows)}
    {captions.seeds(rows, several)}"""
