"""What each kind of figure of users shows: numbers of the test users' sets, as the rows that it is drawn from."""

import numpy as np
import pandas as pd

from robustloc.data.dataset import Users
from robustloc.data.scale import Scale

CELL = ["scenario", "model", "defence", "attack", "epsilon", "budget"]
USER = ["user", "x_m", "y_m", "line_of_sight"]
# by the share of the other users whose error the attack raises by less
DAMAGE = {"largest": 1.0, "median": 0.5, "smallest": 0.0}


def errors(sets: list[tuple[dict, dict[str, np.ndarray]]], test: Users) -> pd.DataFrame:
    """Join the position errors of some sets, one row per set and user, with where the users are.

    Args:
        sets: of each its cell (scenario, model, defence, seed, attack, epsilon, budget), user (N,) and error_m (N,).
        test: the test users, at their positions [m], in and out of the line of sight.
    """
    x_m, y_m, _ = test.position.T
    users = pd.DataFrame({"user": test.user, "x_m": x_m, "y_m": y_m, "line_of_sight": test.line_of_sight})
    rows = [pd.DataFrame(columns).assign(**cell) for cell, columns in sets]
    return pd.concat(rows).merge(users, on="user", validate="many_to_one")


def floor_plan(table: pd.DataFrame) -> pd.DataFrame:
    """Sum up each user's errors over seeds by the root of their mean square, for a figure of kind map.

    Args:
        table: one row per set and user (`errors`).
    """
    groups = table.assign(error_m=table.error_m**2).groupby([*CELL, *USER], sort=False)
    rows = groups.agg(error_m=("error_m", "mean"), seeds=("seed", "nunique")).reset_index()
    return rows.assign(error_m=np.sqrt(rows.error_m))


def distribution(table: pd.DataFrame) -> pd.DataFrame:
    """List which share of the users has at most which error, for a figure of kind cdf.

    The k-th smallest of n errors is the quantile of k/n; over seeds its mean and sample standard deviation are taken.

    Args:
        table: one row per set and user (`errors`), every seed with the same users.
    """
    parts = []
    for names, rows in table.groupby([*CELL, "line_of_sight"], sort=False):
        ordered = np.stack([np.sort(own.error_m) for _, own in rows.groupby("seed")])
        seeds, users = ordered.shape
        part = pd.DataFrame(dict(zip([*CELL, "line_of_sight"], names, strict=True)), index=range(users))
        part["share"], part["error_mean_m"] = np.arange(1, users + 1) / users, ordered.mean(axis=0)
        part["error_std_m"] = ordered.std(axis=0, ddof=1) if seeds > 1 else np.nan
        parts.append(part.assign(seeds=seeds, n_users=users))
    return pd.concat(parts, ignore_index=True)


def gallery(cell: dict, columns: dict[str, np.ndarray], test: Users, scale: Scale, damage: list[str]) -> pd.DataFrame:
    """List the profiles and the estimates of some users, for a figure of kind gallery or example.

    A row of an image is a row here, its columns are those that are named by numbers; positions [m] have three, and
    those of all test users stand last.

    Args:
        cell: scenario, model, defence, seed, attack and epsilon of a set.
        columns: of the set, in the order of the test users: position, clean_prediction and prediction (N, 3) [m],
            clean_error_m and error_m (N,) [m], adp (N, …) on the input's scale.
        test: the test users.
        scale: of the model's input.
        damage: which users, by how much the attack raises their error (keys of DAMAGE).
    """
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
