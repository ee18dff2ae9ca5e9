"""The profile of one user, its perturbation, and both estimates, as in Fig. 1 of the paper."""

import pandas as pd

from robustloc.data.dataset import Users
from robustloc.data.scale import Scale
from robustloc.figures.parts import profiles
from robustloc.figures.parts.style import Figure

READS = "sets"
COLUMNS = ("position", "clean_prediction", "prediction", "clean_error_m", "error_m", "adp")
TITLE = "profile of one user"
SECTION = "figures"


def rows(sets: list[tuple[dict, dict]], test: Users, scale: Scale) -> pd.DataFrame:
    """Choose the user whose error the attack raises by the median amount.

    Args:
        sets: names and columns of the one set.
        test: the test users.
        scale: scale of the model's input.
    """
    return profiles.rows(sets, test, scale, ["median"])


def draw(rows: pd.DataFrame) -> Figure:
    """Draw the profiles and estimates."""
    return profiles.draw(rows)


def caption(rows: pd.DataFrame) -> str:
    """Describe the figure."""
    return profiles.caption(rows)
