"""Profiles and estimates of the users whose errors the attack raises most, by the median amount and least."""

import pandas as pd

from robustloc.data.dataset import Users
from robustloc.data.scale import Scale
from robustloc.figures.parts import profiles
from robustloc.figures.parts.style import Figure

READS = "sets"
COLUMNS = ("position", "clean_prediction", "prediction", "clean_error_m", "error_m", "adp")
TITLE = "users of largest, median and smallest damage"
SECTION = "models"


def rows(sets: list[tuple[dict, dict]], test: Users, scale: Scale) -> pd.DataFrame:
    """Choose the users whose errors the attack raises most, by the median amount and least.

    Args:
        sets: names and columns of the one set.
        test: the test users.
        scale: scale of the model's input.
    """
    return profiles.rows(sets, test, scale, list(profiles.DAMAGE))


def draw(rows: pd.DataFrame) -> Figure:
    """Draw the profiles and estimates."""
    return profiles.draw(rows)


def caption(rows: pd.DataFrame) -> str:
    """Describe the figure."""
    return profiles.caption(rows)
