"""The numbers of figures of users are those of the sets, summed up over seeds as is said."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from figure_rows import CELL, COLUMNS, COUNT, ERRORS, SCALE, SETS, TEST

from robustloc.figures.parts import users as user_rows

TABLE = user_rows.errors(SETS, TEST)


@pytest.mark.parametrize(("defence", "attack"), [("none", "clean"), ("adversarial", "worst")])
def test_map_errors(defence: str, attack: str) -> None:
    """A user's error is the root of the mean square of both seeds', where the user is, with the user's sight."""
    rows = user_rows.floor_plan(TABLE).query("defence == @defence and attack == @attack").set_index("user")

    first, second = ERRORS[defence, attack, 0], ERRORS[defence, attack, 1]
    np.testing.assert_allclose(rows.error_m[TEST.user], np.sqrt((first**2 + second**2) / 2))
    np.testing.assert_array_equal(rows.loc[TEST.user, ["x_m", "y_m"]], TEST.position[:, :2])
    np.testing.assert_array_equal(rows.line_of_sight[TEST.user], TEST.line_of_sight)
    assert set(rows.seeds) == {2}


def test_map_of_one_seed() -> None:
    """Of one seed it is the set's own error."""
    rows = user_rows.floor_plan(TABLE[TABLE.seed == 1]).query("defence == 'none' and attack == 'worst'")

    np.testing.assert_allclose(rows.set_index("user").error_m[TEST.user], ERRORS["none", "worst", 1])


def test_distribution() -> None:
    """At k/n stands the mean of both seeds' k-th smallest errors, and half their distance times the root of two."""
    rows = user_rows.distribution(TABLE).query("defence == 'none' and attack == 'worst' and line_of_sight == 1")

    seen = TEST.line_of_sight == 1
    first, second = (np.sort(ERRORS["none", "worst", seed][seen]) for seed in (0, 1))
    np.testing.assert_allclose(rows.share, [0.2, 0.4, 0.6, 0.8, 1.0])
    np.testing.assert_allclose(rows.error_mean_m, (first + second) / 2)
    np.testing.assert_allclose(rows.error_std_m, abs(first - second) / 2**0.5)
    assert set(rows.n_users) == {5}


def test_distribution_of_a_known_law() -> None:
    """Of errors with the distribution function x, half the users lie below a half; one seed has no spread."""
    count = 1001
    test = dataclasses.replace(
        TEST,
        user=np.arange(count),
        position=np.zeros((count, 3)),
        line_of_sight=np.ones(count, int),
    )
    error = np.random.default_rng(1).permutation(np.linspace(0, 1, count))
    rows = user_rows.distribution(user_rows.errors([(CELL, {"user": test.user, "error_m": error})], test))

    np.testing.assert_allclose(rows.error_mean_m, rows.share, atol=1e-3)
    assert rows.error_mean_m[rows.share >= 0.5].iloc[0] == pytest.approx(0.5)
    assert rows.error_std_m.isna().all()


def test_groups_of_users_are_all_users() -> None:
    """Those in sight, out of it and without a path are told apart, and together are all."""
    rows = user_rows.distribution(TABLE)

    counts = rows.groupby(["defence", "attack"]).size()
    assert (counts == COUNT).all()
    assert rows.drop_duplicates("line_of_sight").set_index("line_of_sight").n_users.to_dict() == {1: 5, 0: 3, -1: 1}


def test_gallery() -> None:
    """The users of largest, median and smallest damage, every pixel and every position as in the set."""
    rows = user_rows.gallery(CELL, COLUMNS, TEST, SCALE, list(user_rows.DAMAGE))

    users = rows[rows.user >= 0].groupby("damage").user.first()
    assert users.to_dict() == {"largest": TEST.user[-1], "median": TEST.user[COUNT // 2], "smallest": TEST.user[0]}
    own = rows[rows.damage == "median"].set_index("panel")
    np.testing.assert_array_equal(own.loc["clean ADP", list(range(4))], SCALE.apply(TEST.adp)[COUNT // 2])
    np.testing.assert_allclose(own.loc["perturbation", list(range(4))].astype(float), 0.01, atol=1e-6)
    np.testing.assert_array_equal(own.loc["adversarial estimate", [0, 1, 2]], COLUMNS["prediction"][COUNT // 2])
    everyone = rows[rows.panel == "test users"]
    np.testing.assert_array_equal(everyone[[0, 1, 2]], TEST.position)
    assert pd.isna(everyone[3]).all()
