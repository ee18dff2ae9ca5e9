"""Small made-up results, and the rows from which each kind of figure is drawn."""

import io

import numpy as np
import pandas as pd
from made_up_summary import SUMMARY

from robustloc.base import plugins
from robustloc.data.dataset import Users
from robustloc.data.scale import Scale

FIGURE = {"scenario": "in_door", "models": ["dcnn"], "defences": ["none", "adversarial"], "attacks": ["fgsm", "worst"]}
MATRIX = FIGURE | {"model": "dcnn", "epsilon": 0.01, "attacks": ["fgsm"]}
RADII = pd.DataFrame(
    [
        ("in_door", "dcnn", "smooth", seed, 0.99, 0.1, radius, ratio, rmse * (1 + seed), 2 * rmse, 9)
        for seed in (0, 1)
        for radius, ratio, rmse in ((0.0, -np.inf, 0.5), (0.1, -20.0, 1.0), (0.2, -14.0, np.inf))
    ],
    columns=[
        "scenario", "model", "defence", "seed", "confidence", "sigma", "radius", "psr_db",
        "certified_rmse_m", "certified_p90_m", "n_users",
    ],
)  # fmt: skip
CERTIFIED = {"scenario": "in_door", "models": ["dcnn"], "defences": ["smooth"]}

# smallest epsilons of nine users, four of whom do not move
LEAST = pd.DataFrame(
    [
        ("in_door", "dcnn", defence, seed, "pgd", "linf", 0.5, 0.1, 0.001, user, least * (1 + seed))
        for defence in ("none", "adversarial")
        for seed in (0, 1)
        for user, least in enumerate((0.03, 0.01, 0.02, 0.025, 0.035, np.inf, np.inf, np.inf, np.inf))
    ],
    columns=[
        "scenario", "model", "defence", "seed", "attack", "budget", "tolerance_m", "largest_epsilon", "resolution",
        "user", "smallest_epsilon",
    ],
)  # fmt: skip

DRAWN = np.random.default_rng(0)
COUNT = 9
SCALE = Scale("unit", 2.0)
TEST = Users(
    user=np.arange(COUNT) * 3,
    row=np.arange(COUNT),
    position=DRAWN.random((COUNT, 3)) * (2, 3, 0),
    line_of_sight=np.array([1, 1, 1, 1, 0, 0, 0, -1, 1]),
    count=np.ones(COUNT, int),
    adp=DRAWN.random((COUNT, 6, 4)).astype(np.float32),
)
# position errors [m] by defence, attack and seed
ERRORS = {
    (defence, attack, seed): DRAWN.random(COUNT) * (1 if attack == "clean" else 10)
    for defence in ("none", "adversarial")
    for attack in ("clean", "worst")
    for seed in (0, 1)
}
PLACE = {"scenario": "in_door", "model": "dcnn"}
BUDGETS = {"clean": {"epsilon": 0.0, "budget": "none"}, "worst": {"epsilon": 0.01, "budget": "linf"}}
SETS = [
    (
        PLACE | {"defence": defence, "seed": seed, "attack": attack} | BUDGETS[attack],
        {"user": TEST.user, "error_m": error},
    )
    for (defence, attack, seed), error in ERRORS.items()
]
# names and columns of a set with profiles
CELL = PLACE | {"defence": "none", "seed": 0, "attack": "worst"} | BUDGETS["worst"]
COLUMNS = {
    "position": TEST.position,
    "clean_prediction": TEST.position + np.array([0.5, 0, 0]),
    "prediction": TEST.position + np.outer(1 + np.arange(COUNT), (0, 1, 0)),
    "clean_error_m": np.full(COUNT, 0.5),
    "error_m": 1.0 + np.arange(COUNT),
    "adp": SCALE.apply(TEST.adp).reshape(COUNT, -1) + 0.01,
}


# the tables from which the rows of each kind are chosen
SOURCES = {
    "rmse": (SUMMARY, FIGURE),
    "power": (SUMMARY, FIGURE | {"attacks": ["fgsm", "csi_pgd", "worst"]}),
    "matrix": (SUMMARY, MATRIX),
    "certified": (RADII, CERTIFIED),
    "margin": (LEAST, FIGURE),
    "map": (SETS, TEST, SCALE),
    "cdf": (SETS, TEST, SCALE),
    "example": ([(CELL, COLUMNS)], TEST, SCALE),
    "gallery": ([(CELL, COLUMNS)], TEST, SCALE),
}


def rows() -> dict[str, pd.DataFrame]:
    """Return the rows of each kind of figure, as read from the figure's CSV."""
    found = {kind: plugins.load("figures", kind).rows(*source) for kind, source in SOURCES.items()}
    return {kind: pd.read_csv(io.StringIO(table.to_csv(index=False))) for kind, table in found.items()}


def caption(kind: str, rows: pd.DataFrame) -> str:
    """Return a caption as a file contains it."""
    return " ".join(plugins.load("figures", kind).caption(rows).split())
