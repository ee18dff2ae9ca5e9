"""Position errors of test users, joined over sets, and the words and markers for their line of sight."""

import numpy as np
import pandas as pd

from robustloc.data.dataset import Users
from robustloc.data.paths import LINE_OF_SIGHT, NO_LINE_OF_SIGHT, NO_PATH, NOT_RECORDED

CELL = ["scenario", "model", "defence", "attack", "epsilon", "budget"]
USER = ["user", "x_m", "y_m", "line_of_sight"]
# flag of a user -> its meaning, a short form, and the marker
SIGHT = {
    LINE_OF_SIGHT: ("line of sight", "LOS", "o"),
    NO_LINE_OF_SIGHT: ("no line of sight", "NLOS", "^"),
    NO_PATH: ("no path", "no path", "D"),
    NOT_RECORDED: ("line of sight not recorded", "all", "s"),
}


def errors(sets: list[tuple[dict, dict[str, np.ndarray]]], test: Users) -> pd.DataFrame:
    """Return one row per set and user: names of the set, position error, and the user's position and line of sight.

    Args:
        sets: for each its names (scenario, model, defence, seed, attack, epsilon, budget), and its columns user (N,)
            and error_m (N,) [m].
        test: the test users.
    """
    x_m, y_m, _ = test.position.T
    users = pd.DataFrame({"user": test.user, "x_m": x_m, "y_m": y_m, "line_of_sight": test.line_of_sight})
    rows = [pd.DataFrame(columns).assign(**cell) for cell, columns in sets]
    return pd.concat(rows).merge(users, on="user", validate="many_to_one")
