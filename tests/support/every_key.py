"""A small configuration that has every key of the schema, and copies of it in which one value is replaced."""

import copy
from collections.abc import Iterator

from configurations import SCHEMA

from robustloc.experiment.config import check

SCENARIO = {
    "raw": {"scene": "room", "folder": "f", "rows": 9, "max_reflections": 1, "max_paths": 3},
    "base_station": "BS1",
    "epsilons": [0.1, 0.2],
    "psrs_db": [-20.0],
    "users": {"rows": [1, 5]},
    "split": {"expected": [20, 4]},
    "reference_epsilon": 0.1,
    "training_epsilon": 0.2,
    "tolerance_m": 0.5,
    "training_psr_db": -20.0,
}
CELLS = {"scenario": "place", "model": "net"}
FIGURES = [
    {"name": "one", "kind": "example", **CELLS, "defence": "none", "seed": 0, "attack": "step", "epsilon": 0.1},
    {"name": "three", "kind": "gallery", **CELLS, "attack": "step", "epsilon": 0.1},
    {
        "name": "curve",
        "kind": "rmse",
        "scenario": "place",
        "models": ["net"],
        "defences": ["none"],
        "attacks": ["step"],
    },
    {"name": "air", "kind": "power", "scenario": "place", "models": ["net"], "attacks": ["step", "air"]},
    {"name": "plan", "kind": "map", **CELLS, "defences": ["none"], "attack": "step", "epsilon": 0.1},
    {"name": "shares", "kind": "cdf", **CELLS},
    {"name": "all", "kind": "matrix", **CELLS, "defences": ["none"], "attacks": ["step"], "epsilon": 0.1},
    {"name": "least", "kind": "margin", "scenario": "place", "models": ["net"], "defences": ["smooth"]},
    {"name": "bound", "kind": "certified", "scenario": "place", "models": ["net"], "defences": ["smooth"]},
]
# every key of the schema has a place here
BASE = {
    "pathvars": {"results": "results/x"},
    "training": {"epochs": 1},
    "margins": {"attack": "step"},
    "scenarios": {
        "place": SCENARIO,
        "other": {"raw": {"folder": "f"}, "base_station": [1.0, 2.0, 3.0], "epsilons": [1.0]},
        "lab": {"raw": {"csi": "lab.npz"}, "epsilons": [0.1]},
    },
    "models": {
        "net": {"plugin": "neural_ode", "blocks": 1, "solver": "rk4", "tolerance": 0.1, "spectral_norm": True},
        "again": {"plugin": "neural_ode", "weights": "net"},
        "theirs": {"file": "a_{seed}.pt"},
    },
    "defences": {
        "none": {},
        "smooth": {"plugin": "median_smoothing", "start": "none"},
        "mixed": {"plugin": "adversarial", "training": {"epochs": 1, "patience": 2}, "attacks": ["step"]},
    },
    "attacks": {
        "step": {"plugin": "gradient", "norm": "linf", "steps": 2, "minimum": 0.0, "momentum_norm": "l1"},
        "air": {"plugin": "gradient", "norm": "l2", "domain": "antenna", "bearing_deg": 3.0},
        "away": {"plugin": "gradient", "norm": "linf", "target": {"position": [1.0, 2.0, 3.0]}},
        "aside": {"plugin": "gradient", "norm": "linf", "target": {"bearing_deg": 1.0, "distance_m": 2.0}},
        "moved": {"plugin": "apgd", "norm": "linf", "surrogate": {"model": "net"}},
        "blind": {"plugin": "noise", "norm": "linf"},
        "worst": {"norm": "linf", "members": ["step"]},
    },
    "verdict": {"gradients": ["step"], "others": ["blind"]},
    "grids": [
        {
            "scenarios": ["place"],
            "models": ["net"],
            "defences": ["none", "smooth", "mixed"],
            "attacks": ["step", "air", "away", "worst"],
        },
        {"scenarios": ["other"], "models": ["theirs"], "seeds": [1, 2]},
    ],
    "comparisons": [
        {
            "scenarios": ["place"],
            "models": ["net"],
            "defences": ["mixed"],
            "attacks": ["step", "air"],
            "control": {"model": "net", "defence": "none"},
        }
    ],
}


def filled(content: dict) -> dict:
    """The configuration with its defaults, so that every key can be found in it."""
    check(content, SCHEMA)
    return content


PLAIN, DRAWN = filled(copy.deepcopy(BASE)), filled(copy.deepcopy(BASE | {"figures": FIGURES}))


def places(value: object, place: tuple = ()) -> Iterator[tuple]:
    """Every key of a configuration, with the keys and indices that lead to it."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*place, key)
        yield from places(inner, (*place, key))


PLACES = [place for place in places(PLAIN) if place[0] != "figures"]
PLACES += [place for place in places(DRAWN) if place[0] == "figures"]


def found(place: tuple) -> object:
    """The value at a place."""
    value: object = DRAWN if place[0] == "figures" else PLAIN
    for part in place:
        value = value[part]
    return value


def edited(place: tuple, value: object) -> dict:
    """A copy of the configuration with another value at one place."""
    content = copy.deepcopy(DRAWN if place[0] == "figures" else PLAIN)
    inner = content
    for part in place[:-1]:
        inner = inner[part]
    inner[place[-1]] = value
    return content
