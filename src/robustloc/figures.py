"""The figures. Matplotlib is imported here alone."""

from itertools import cycle
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import CenteredNorm, PowerNorm
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

# Okabe and Ito's colours, told apart with any colour vision
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "osD^vP*"
LINES = ("-", (0, (4, 2)), ":", "-.")
STYLE = {
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "legend.handlelength": 3.2,
    "pdf.fonttype": 42,  # text stays text
}


def rmse(table: pd.DataFrame, figure: dict) -> plt.Figure:
    """Draw RMSE against the budget (Fig. 4-8): a colour per attack or model, a line style per defence.

    Args:
        table: the tidy table (rmse.csv); seeds are averaged.
        figure: scenario, models, defences and attacks to show; attacks over the air are drawn over decibels.
    """
    rows = table[table.scenario == figure["scenario"]]
    physical = (rows[rows.attack.isin(figure["attacks"])].budget == "psr_db").all()
    by_model, by_attack = len(figure["models"]) > 1, len(figure["attacks"]) > 1
    with plt.rc_context(STYLE):
        drawing, axes = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
        for defence, line in zip(figure["defences"], cycle(LINES)):
            pairs = [(model, attack) for model in figure["models"] for attack in figure["attacks"]]
            for place, (model, attack) in enumerate(pairs):
                cell = rows[(rows.model == model) & (rows.defence == defence)]
                clean = cell[cell.attack == "clean"]
                # without attack epsilon is 0, and the ratio minus infinity decibels
                shown = cell[cell.attack == attack] if physical else pd.concat([clean, cell[cell.attack == attack]])
                curve = shown.groupby("epsilon").rmse_m.mean()
                names = [model] * by_model + [attack] * (by_attack or not by_model)
                if len(figure["defences"]) > 1:
                    names.append("no defence" if defence == "none" else defence)
                look = {"color": COLOURS[place % len(COLOURS)], "marker": MARKERS[place % len(MARKERS)]}
                axes.plot(curve.index, curve, linestyle=line, markersize=4, label=", ".join(names), **look)
                if physical and attack == figure["attacks"][-1]:
                    own = [model, *([defence] if len(figure["defences"]) > 1 else []), "clean"]
                    _mark(axes, clean.rmse_m, ", ".join(own), at_right=True)
        _mark(axes, rows[(rows.model == "constant") & (rows.attack == "clean")].rmse_m, "constant")
        budget = "perturbation-to-signal ratio [dB]" if physical else "epsilon (units of the scaled input)"
        axes.set(xlabel=budget, ylabel="position RMSE [m]", yscale="log")
        low, high = axes.get_ylim()
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high > 10 * low else (1, 1.5, 2, 3, 4, 5, 6, 8)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        fixed = [figure["scenario"], *([] if by_model else figure["models"]), *([] if by_attack else figure["attacks"])]
        axes.set_title(", ".join(fixed))
        axes.legend(ncols=len(figure["defences"]), loc="upper center", bbox_to_anchor=(0.5, -0.16))
    return drawing


def _mark(axes: plt.Axes, level: pd.Series, name: str, at_right: bool = False) -> None:
    """Draw a level that no attack has a part in, such as what a localizer achieves that looks at nothing."""
    if len(level):
        axes.axhline(level.mean(), color="0.4", linewidth=0.8)
        place = {"xy": (float(at_right), level.mean()), "xycoords": ("axes fraction", "data")}
        place |= {"xytext": (-3 if at_right else 3, 2), "ha": "right" if at_right else "left"}
        axes.annotate(name, textcoords="offset points", color="0.4", fontsize=7, **place)


def example(
    clean: np.ndarray, adversarial: np.ndarray, positions: dict[str, np.ndarray], scale: str, title: str
) -> plt.Figure:
    """Draw one user (Fig. 1): clean ADP, perturbation, adversarial ADP, and where the estimates fall.

    Args:
        clean, adversarial: (angle bins, delay bins) scaled ADPs.
        positions: ``true``, ``clean`` and ``adversarial`` positions (3,) [m], and ``users`` (N, 3) for the map.
        scale: name of the input scale.
        title: what is shown.
    """
    # on a linear scale, a root brings out what lies beside the strongest pixel
    both = np.stack([clean, adversarial])
    norm = PowerNorm(1 if scale == "db" else 0.5, vmin=both.min(), vmax=both.max())
    magnitude = {"norm": norm, "cmap": "viridis"}
    images = (
        ("clean ADP", clean, magnitude),
        ("perturbation", adversarial - clean, {"norm": CenteredNorm(), "cmap": "RdBu_r"}),
        ("adversarial ADP", adversarial, magnitude),
    )
    with plt.rc_context(STYLE | {"axes.grid": False}):
        drawing, panels = plt.subplots(1, 4, figsize=(11, 3.2), layout="constrained")
        for axes, (name, image, look) in zip(panels, images, strict=False):
            shown = axes.imshow(image, origin="lower", **look)
            axes.set(title=name, xlabel="delay bin", ylabel="angle bin")
            drawing.colorbar(
                shown, ax=axes, fraction=0.046, label=f"{scale} scale", ticks=MaxNLocator(5, prune="upper")
            )
        plan = panels[3]
        plan.plot(*positions["users"][:, :2].T, ".", color="0.85", markersize=1.5)
        plan.plot(*positions["true"][:2], "*", color=COLOURS[2], markersize=12, label="true position", clip_on=False)
        for place, name in enumerate(("clean", "adversarial")):
            off = np.linalg.norm(positions[name] - positions["true"])
            look = {"marker": MARKERS[place], "color": COLOURS[place], "markersize": 5, "clip_on": False}
            plan.plot(*positions[name][:2], linestyle="", label=f"{name} estimate, {off:.2f} m off", **look)
        plan.set(title="position", xlabel="x [m]", ylabel="y [m]")
        plan.set_aspect("equal", adjustable="datalim")
        plan.xaxis.set_major_locator(MaxNLocator(4))
        drawing.legend(loc="outside lower right", ncols=3, handlelength=1, markerscale=0.8)
        drawing.suptitle(title, fontsize=9)
    return drawing


def save(drawing: plt.Figure, png: Path, pdf: Path) -> None:
    """Write a figure for the screen and for print; equal figures give equal bytes."""
    drawing.savefig(png, format="png", dpi=160, metadata={"Software": None})
    drawing.savefig(pdf, format="pdf", metadata={"CreationDate": None})
    plt.close(drawing)
