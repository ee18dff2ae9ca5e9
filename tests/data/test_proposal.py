"""The proposed experiment avoids names that are taken, and thins out many users."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from configurations import DEFAULT

from robustloc.data import proposal
from robustloc.data.user_grid import Grid
from robustloc.experiment import config


def test_taken_names() -> None:
    """The names that proposals avoid are those that are taken."""
    assert config.RESERVED | DEFAULT["scenarios"].keys() == proposal.TAKEN


O1 = [Grid(1, 2751, 181), Grid(2752, 3852, 181), Grid(3853, 5203, 361)]
THINNED = [
    ([Grid(1, 100, 500)], {"rows": [1, 100]}, None, ""),
    ([Grid(1, 1000, 60)], {"rows": [1, 1000], "row_step": 2, "column_step": 2}, 2, "15,000 of 60,000"),
    (O1, {"rows": [1, 5203], "row_step": 5, "column_step": 5}, 4, "48,237 of 1,184,923"),
    ([O1[0], O1[2]], {"rows": [1, 2751], "row_step": 4, "column_step": 4}, 3, "31,648 of 497,931"),
    ([Grid(1, 1, 120_000)], {"rows": [1, 1], "row_step": 3, "column_step": 3}, 4, "40,000 of 120,000"),
]


@pytest.mark.parametrize(("grids", "users", "shards", "words"), THINNED)
def test_many_users_are_thinned_out(
    tmp_path: Path, grids: list[Grid], users: dict, shards: int | None, words: str
) -> None:
    """Above 50,000 users, the experiment has equal steps and several shards, and says how to take all users."""
    text = proposal.experiment(tmp_path, "BS1", np.full(3, np.nan), grids, covered=1.0)

    (scenario,) = yaml.safe_load(text)["scenarios"].values()
    assert scenario["users"] == users
    assert scenario.get("shards") == shards
    if words:
        assert f"# {words} users; for all of them: steps of 1, and shards: " in text
