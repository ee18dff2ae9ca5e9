"""What an attack does to a user: profiles and estimates."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import CenteredNorm, PowerNorm
from matplotlib.ticker import MaxNLocator

from robustloc.figures.parts.style import COLOURS, MARKERS, PAGE, STYLE, Figure, defence, legend, wrapped

IMAGES = ("clean ADP", "perturbation", "adversarial ADP")
# type that can be read where the whole width is made narrow
LARGE = dict.fromkeys(("font.size", "axes.titlesize", "figure.titlesize"), 10)
LARGE |= dict.fromkeys(("legend.fontsize", "xtick.labelsize", "ytick.labelsize"), 9)
# of the marks on the plan
LOOKS = {
    "test users": {"marker": ".", "color": "0.8", "markersize": 2},
    "true position": {"marker": "*", "color": COLOURS[2], "markersize": 10},
    "clean estimate": {"marker": MARKERS[0], "color": COLOURS[0], "markersize": 4},
    "adversarial estimate": {"marker": MARKERS[1], "color": COLOURS[1], "markersize": 4},
}


def draw(rows: pd.DataFrame) -> Figure:
    """Draw a row per user (Fig. 1): clean ADP, perturbation, adversarial ADP, and where the estimates fall.

    Args:
        rows: the users' images and positions (`shown_users.gallery`), the ADPs (angle bins, delay bins) scaled.
    """
    values = [name for name in rows.columns if name.isdecimal()]
    groups = rows.fillna({"damage": "none"}).groupby(["damage", "panel"], sort=False)
    shown = {key: own[values].dropna(axis=1).to_numpy() for key, own in groups}
    users = list(rows.damage.dropna().unique())
    norms = _norms(shown, rows.scale.iloc[0])
    with plt.rc_context(STYLE | LARGE | {"axes.grid": False}):
        size = (PAGE, 1.3 + 1.6 * len(users))
        drawing, panels = plt.subplots(len(users), 4, figsize=size, squeeze=False, layout="constrained")
        for line, user in zip(panels, users, strict=True):
            for axes, name in zip(line, IMAGES, strict=False):
                axes.imshow(shown[user, name], origin="lower", aspect="auto", **norms[name])
            positions = {name: shown["none" if name == "test users" else user, name] for name in LOOKS}
            _plan(line[3], positions)
            line[0].set_ylabel(f"{user} damage\nangle bin")
            if user != users[-1]:
                for axes in line[:3]:
                    axes.set_xticklabels([])
        _label(drawing, panels, norms, rows.scale.iloc[0])
        drawing.suptitle(wrapped(_title(rows.iloc[0]), PAGE))
        legend(drawing, [panels[0, 3].plot([], [], linestyle="", label=name, **LOOKS[name])[0] for name in LOOKS])
    return drawing


def _norms(shown: dict, scale: str) -> dict[str, dict]:
    """Choose the colours of the images: the same for all users, and for both ADPs."""
    both = np.concatenate([image.ravel() for (_, name), image in shown.items() if name in (IMAGES[0], IMAGES[2])])
    change = np.concatenate([image.ravel() for (_, name), image in shown.items() if name == IMAGES[1]])
    # on a linear scale, a root brings out what lies beside the strongest pixel
    magnitude = {"norm": PowerNorm(1 if scale == "db" else 0.5, vmin=both.min(), vmax=both.max()), "cmap": "viridis"}
    difference = {"norm": CenteredNorm(halfrange=np.abs(change).max() or 1.0), "cmap": "RdBu_r"}
    return dict(zip(IMAGES, (magnitude, difference, magnitude), strict=True))


def _plan(axes: plt.Axes, positions: dict[str, np.ndarray]) -> None:
    """Draw the map of the users and the estimates of one."""
    for name, places in positions.items():
        axes.plot(*places[:, :2].T, linestyle="", clip_on=name == "test users", **LOOKS[name])
    true = positions["true position"]
    off = [np.linalg.norm(positions[name] - true) for name in ("clean estimate", "adversarial estimate")]
    axes.set_title("{:.3g} → {:.3g} m off".format(*off), loc="right")
    axes.set_ylabel("y [m]")
    axes.set_aspect("equal", adjustable="datalim")
    axes.xaxis.set_major_locator(MaxNLocator(3))


def _label(drawing: Figure, panels: np.ndarray, norms: dict[str, dict], scale: str) -> None:
    """Name what columns show, along their ends, and what their colours are."""
    for column, name in enumerate(IMAGES):
        panels[0, column].set_title(name)
        panels[-1, column].set_xlabel("delay bin")
        place = {"ax": panels[:, column], "location": "bottom", "aspect": 14, "pad": 0.03}
        drawing.colorbar(panels[0, column].images[0], label=f"{scale} scale", ticks=MaxNLocator(3), **place)
    panels[-1, 3].set_xlabel("x [m]")


def _title(cell: pd.Series) -> str:
    return f"{cell.scenario}, {cell.model}, {defence(cell.defence)}, {cell.attack} at epsilon {cell.epsilon:g}"
