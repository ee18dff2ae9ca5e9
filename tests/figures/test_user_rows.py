"""Rows of figures that read sets: they have the numbers of the sets, averaged over seeds."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from figure_rows import CELL, COLUMNS, COUNT, ERRORS, SCALE, SETS, TEST

from robustloc.figures import cdf, example, gallery, map


@pytest.mark.parametrize(("defence", "attack"), [("none", "clean"), ("adversarial", "worst")])
def test_map_errors(defence: str, attack: str) -> None:
    """A user's error is the root mean square over both seeds, at the user's position, with the line of sight."""
    rows = map.rows(SETS, TEST, SCALE).query("defence == @defence and attack == @attack").set_index("user")

    first, second = ERRORS[defence, attack, 0], ERRORS[defence, attack, 1]
    np.testing.assert_allclose(rows.error_m[TEST.user], np.sqrt((first**2 + second**2) / 2))
    np.testing.assert_array_equal(rows.loc[TEST.user, ["x_m", "y_m"]], TEST.position[:, :2])
    np.testing.assert_array_equal(rows.line_of_sight[TEST.user], TEST.line_of_sight)
    assert set(rows.seeds) == {2}


def test_map_of_one_seed() -> None:
    """With one seed, a user's error is the error in the set."""
    rows = map.rows([one for one in SETS if one[0]["seed"] == 1], TEST, SCALE).query(
        "defence == 'none' and attack == 'worst'"
    )

    np.testing.assert_allclose(rows.set_index("user").error_m[TEST.user], ERRORS["none", "worst", 1])


def test_distribution() -> None:
    """The quantile of k/n has mean and sample standard deviation of both seeds' k-th smallest errors."""
    rows = cdf.rows(SETS, TEST, SCALE).query("defence == 'none' and attack == 'worst' and line_of_sight == 1")

    seen = TEST.line_of_sight == 1
    first, second = (np.sort(ERRORS["none", "worst", seed][seen]) for seed in (0, 1))
    np.testing.assert_allclose(rows.share, [0.2, 0.4, 0.6, 0.8, 1.0])
    np.testing.assert_allclose(rows.error_mean_m, (first + second) / 2)
    np.testing.assert_allclose(rows.error_std_m, abs(first - second) / 2**0.5)
    assert set(rows.n_users) == {5}


def test_distribution_of_a_known_law() -> None:
    """Uniform errors have the distribution function x; one seed has no standard deviation."""
    count = 1001
    test = dataclasses.replace(
        TEST,
        user=np.arange(count),
        position=np.zeros((count, 3)),
        line_of_sight=np.ones(count, int),
    )
    error = np.random.default_rng(1).permutation(np.linspace(0, 1, count))
    rows = cdf.rows([(CELL, {"user": test.user, "error_m": error})], test, SCALE)

    np.testing.assert_allclose(rows.error_mean_m, rows.share, atol=1e-3)
    assert rows.error_mean_m[rows.share >= 0.5].iloc[0] == pytest.approx(0.5)
    assert rows.error_std_m.isna().all()


def test_groups_of_users_are_all_users() -> None:
    """Each user is in exactly one group: in line of sight, out of it, or without a path."""
    rows = cdf.rows(SETS, TEST, SCALE)

    counts = rows.groupby(["defence", "attack"]).size()
    assert (counts == COUNT).all()
    assert rows.drop_duplicates("line_of_sight").set_index("line_of_sight").n_users.to_dict() == {1: 5, 0: 3, -1: 1}


def test_gallery() -> None:
    """A gallery has the users of largest, median and smallest damage, with pixels and positions of the set."""
    rows = gallery.rows([(CELL, COLUMNS)], TEST, SCALE)

    users = rows[rows.user >= 0].groupby("damage").user.first()
    assert users.to_dict() == {"largest": TEST.user[-1], "median": TEST.user[COUNT // 2], "smallest": TEST.user[0]}
    own = rows[rows.damage == "median"].set_index("panel")
    np.testing.assert_array_equal(own.loc["clean ADP", list(range(4))], SCALE.apply(TEST.adp)[COUNT // 2])
    np.testing.assert_allclose(own.loc["perturbation", list(range(4))].astype(float), 0.01, atol=1e-6)
    np.testing.assert_array_equal(own.loc["adversarial estimate", [0, 1, 2]], COLUMNS["prediction"][COUNT // 2])
    everyone = rows[rows.panel == "test users"]
    np.testing.assert_array_equal(everyone[[0, 1, 2]], TEST.position)
    assert pd.isna(everyone[3]).all()


def test_example() -> None:
    """An example is the user of median damage, as in a gallery."""
    one, three = (plugin.rows([(CELL, COLUMNS)], TEST, SCALE) for plugin in (example, gallery))

    same = three[three.damage.isin(["median", ""])].reset_index(drop=True)
    assert set(one.damage) == {"median", ""}
    assert one.equals(same)
