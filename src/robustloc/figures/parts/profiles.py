"""Profiles and estimates of some users before and after an attack: the rows, the drawing and the caption."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import CenteredNorm, PowerNorm
from matplotlib.ticker import MaxNLocator

from robustloc.data.dataset import Users
from robustloc.data.scale import Scale
from robustloc.figures.parts.captions import listed, norms
from robustloc.figures.parts.style import COLOURS, MARKERS, PAGE, STYLE, Figure, defence, legend, wrapped

# name of a user -> share of the other users whose error the attack raises by less
DAMAGE = {"largest": 1.0, "median": 0.5, "smallest": 0.0}

IMAGES = ("clean ADP", "perturbation", "adversarial ADP")
# larger type, because a figure of this width is often shown at half of it
LARGE = dict.fromkeys(("font.size", "axes.titlesize", "figure.titlesize"), 10)
LARGE |= dict.fromkeys(("legend.fontsize", "xtick.labelsize", "ytick.labelsize"), 9)
# marks on the floor plan
LOOKS = {
    "test users": {"marker": ".", "color": "0.8", "markersize": 2},
    "true position": {"marker": "*", "color": COLOURS[2], "markersize": 10},
    "clean estimate": {"marker": MARKERS[0], "color": COLOURS[0], "markersize": 4},
    "adversarial estimate": {"marker": MARKERS[1], "color": COLOURS[1], "markersize": 4},
}


def rows(sets: list[tuple[dict, dict]], test: Users, scale: Scale, damage: list[str]) -> pd.DataFrame:
    """List the profiles and the estimates of some users.

    Each row of an image is a row of the table, and columns with a number as their name hold its values. Positions [m]
    have three values. The positions of all test users come last.

    Args:
        sets: names (scenario, model, defence, seed, attack, epsilon, budget) and columns of the one set, in the order
            of the test users: position, clean_prediction and prediction (N, 3) [m], clean_error_m and error_m (N,) [m],
            adp (N, …) on the input's scale.
        test: the test users.
        scale: scale of the model's input.
        damage: which users (keys of DAMAGE), by how much the attack raises their error.
    """
    ((cell, columns),) = sets
    order = np.argsort(columns["error_m"] - columns["clean_error_m"], kind="stable")
    parts = {}
    for name in damage:
        user = order[int(DAMAGE[name] * (len(order) - 1) + 0.5)]
        clean = scale.apply(test.adp[[user]])[0]
        adversarial = columns["adp"][user].reshape(clean.shape)
        images = {"clean ADP": clean, "perturbation": adversarial - clean, "adversarial ADP": adversarial}
        places = {"true position": "position", "clean estimate": "clean_prediction"}
        places |= {"adversarial estimate": "prediction"}
        panels = images | {panel: columns[values][[user]] for panel, values in places.items()}
        parts |= {(name, test.user[user], panel): pd.DataFrame(values) for panel, values in panels.items()}
    parts["", -1, "test users"] = pd.DataFrame(test.position)
    table = pd.concat(parts, names=["damage", "user", "panel", "row"]).reset_index()
    named = pd.DataFrame([cell | {"scale": scale.name}] * len(table))
    return pd.concat([named, table], axis=1)


def draw(rows: pd.DataFrame) -> Figure:
    """Draw a row per user (Fig. 1): clean ADP, perturbation, adversarial ADP, and where the estimates fall.

    Args:
        rows: images and positions of the users (`rows`), ADPs (angle bins, delay bins) on the input's scale.
    """
    values = [name for name in rows.columns if name.isdecimal()]
    groups = rows.fillna({"damage": "none"}).groupby(["damage", "panel"], sort=False)
    shown = {key: own[values].dropna(axis=1).to_numpy() for key, own in groups}
    users = list(rows.damage.dropna().unique())
    colours = _colours(shown, rows.scale.iloc[0])
    with plt.rc_context(STYLE | LARGE | {"axes.grid": False}):
        size = (PAGE, 1.3 + 1.6 * len(users))
        drawing, panels = plt.subplots(len(users), 4, figsize=size, squeeze=False, layout="constrained")
        for line, user in zip(panels, users, strict=True):
            for axes, name in zip(line, IMAGES, strict=False):
                axes.imshow(shown[user, name], origin="lower", aspect="auto", **colours[name])
            positions = {name: shown["none" if name == "test users" else user, name] for name in LOOKS}
            _plan(line[3], positions)
            line[0].set_ylabel(f"{user} damage\nangle bin")
            if user != users[-1]:
                for axes in line[:3]:
                    axes.set_xticklabels([])
        _label(drawing, panels, rows.scale.iloc[0])
        drawing.suptitle(wrapped(_title(rows.iloc[0]), PAGE))
        legend(drawing, [panels[0, 3].plot([], [], linestyle="", label=name, **LOOKS[name])[0] for name in LOOKS])
    return drawing


def caption(rows: pd.DataFrame) -> str:
    """Describe the figure."""
    first, damage = rows.iloc[0], list(rows.damage.dropna().unique())
    whose = f"of the scenario {first.scenario} whose error it raises by the {listed(damage)} amount"
    who = f"the user {whose}" if len(damage) == 1 else f"the users {whose}, from top to bottom"
    users = (rows.panel == "test users").sum()
    return f"""What {first.attack} at epsilon {first.epsilon:g} ({norms(rows)}, units of the scaled input) does to
    {who}: the clean angle-delay profile (ADP), the perturbation, the
    adversarial ADP (all on the scale {first.scale}), and on the floor plan [m] the true position and the estimates of
    {first.model} (defence {first.defence}, seed {first.seed}) from both profiles; grey dots are all {users} test
    users. Above each plan is the position error without and under attack [m]."""


def _colours(shown: dict, scale: str) -> dict[str, dict]:
    """Return the colour scale of each image, the same for all users and for both ADPs."""
    both = np.concatenate([image.ravel() for (_, name), image in shown.items() if name in (IMAGES[0], IMAGES[2])])
    change = np.concatenate([image.ravel() for (_, name), image in shown.items() if name == IMAGES[1]])
    # on a linear scale, the square root makes pixels beside the strongest one visible
    magnitude = {"norm": PowerNorm(1 if scale == "db" else 0.5, vmin=both.min(), vmax=both.max()), "cmap": "viridis"}
    difference = {"norm": CenteredNorm(halfrange=np.abs(change).max() or 1.0), "cmap": "RdBu_r"}
    return dict(zip(IMAGES, (magnitude, difference, magnitude), strict=True))


def _plan(axes: plt.Axes, positions: dict[str, np.ndarray]) -> None:
    """Draw all test users, and the true position and the estimates of one."""
    for name, places in positions.items():
        axes.plot(*places[:, :2].T, linestyle="", clip_on=name == "test users", **LOOKS[name])
    true = positions["true position"]
    off = [np.linalg.norm(positions[name] - true) for name in ("clean estimate", "adversarial estimate")]
    axes.set_title("{:.3g} → {:.3g} m off".format(*off), loc="right")
    axes.set_ylabel("y [m]")
    axes.set_aspect("equal", adjustable="datalim")
    axes.xaxis.set_major_locator(MaxNLocator(3))


def _label(drawing: Figure, panels: np.ndarray, scale: str) -> None:
    """Add column titles, axis labels and colour bars."""
    for column, name in enumerate(IMAGES):
        panels[0, column].set_title(name)
        panels[-1, column].set_xlabel("delay bin")
        place = {"ax": panels[:, column], "location": "bottom", "aspect": 14, "pad": 0.03}
        drawing.colorbar(panels[0, column].images[0], label=f"{scale} scale", ticks=MaxNLocator(3), **place)
    panels[-1, 3].set_xlabel("x [m]")


def _title(cell: pd.Series) -> str:
    return f"{cell.scenario}, {cell.model}, {defence(cell.defence)}, {cell.attack} at epsilon {cell.epsilon:g}"
