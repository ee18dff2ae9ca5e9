"""Content and order of the leaderboard, with and without certificates."""

import pandas as pd
import pytest

from robustloc.report import leaderboard

NAN = float("nan")
NAMES = ["scenario", "model", "defence", "attack", "epsilon", "budget", "verdict", "rmse_mean_m"]
SUMMARY = pd.DataFrame(
    [
        ("hall", "dcnn", "none", "clean", 0.0, "none", "OK", 1.0),
        ("hall", "dcnn", "none", "fgsm", 0.01, "linf", "OK", 2.0),
        ("hall", "dcnn", "none", "worst", 0.01, "linf", "OK", 4.0),
        ("hall", "dcnn", "none", "worst", 0.02, "linf", "OK", 8.0),
        ("hall", "dcnn", "smooth", "clean", 0.0, "none", "none", 1.5),
        ("yard", "dcnn", "none", "clean", 0.0, "none", "none", 9.0),
    ],
    columns=NAMES,
).assign(seeds=1, rmse_std_m=NAN, n_users=30, parameters=1234, multiply_adds=5678)
SUMMARY["median_m"], SUMMARY["p90_m"] = SUMMARY.rmse_mean_m / 2, SUMMARY.rmse_mean_m * 1.5
SUMMARY["moved_share"], SUMMARY["tolerance_m"] = 0.25, 0.5
SUMMARY["rmse_low_m"], SUMMARY["rmse_high_m"] = SUMMARY.rmse_mean_m - 0.5, SUMMARY.rmse_mean_m + 0.5
ROWS = leaderboard.compared(SUMMARY, {"hall": 0.01, "yard": 0.5})
COSTS = SUMMARY[leaderboard.KEYS].drop_duplicates().assign(gradients=[1234.56, NAN, 30.0])
CERTIFIED = pd.DataFrame(
    [
        ("hall", "dcnn", "smooth", seed, 0.004, radius, bound + seed, 8)
        for seed in (0, 1)
        for radius, bound in ((0.0, 1.0), (0.001, 2.0), (0.003, 3.0), (0.008, float("inf")))
    ],
    columns=["scenario", "model", "defence", "seed", "sigma", "radius", "certified_rmse_m", "n_users"],
)


def test_certified() -> None:
    """The bound is at the radius nearest to the noise's deviation, averaged over seeds; others have an empty cell."""
    board = leaderboard.leaderboard(ROWS, COSTS, CERTIFIED).set_index(leaderboard.KEYS)

    assert board.loc["hall", "dcnn", "smooth"][leaderboard.PROVEN].tolist() == [0.003, 3.5, 8]
    assert board[leaderboard.PROVEN].isna().all(axis=1).tolist() == [True, False, True]
    assert board.epsilon.tolist()[:1] == [0.01]


def test_few_users() -> None:
    """Fewer than 30 test users are marked, in Markdown and in LaTeX, of errors and of bounds; 30 are not."""
    mark = "(few: below 30, intervals and differences are unreliable)"
    for users, bound, marks in ((30, 30, 0), (29, 30, 2), (30, 29, 1), (29, 29, 3)):
        rows, certified = ROWS.assign(n_users=users), CERTIFIED.assign(n_users=bound)
        board = leaderboard.leaderboard(rows, COSTS, certified)
        for text in (leaderboard.markdown(rows, board), leaderboard.latex(rows, board)):
            assert text.count(mark) == marks


def test_nothing_certified() -> None:
    """Without certificates, the columns exist and are empty; the texts do not show them."""
    board = leaderboard.leaderboard(ROWS, COSTS)

    assert board[leaderboard.PROVEN].isna().all(axis=None)
    assert "certified" not in leaderboard.markdown(ROWS, board) + leaderboard.latex(ROWS, board)


def test_markdown() -> None:
    """The order is errors, cost, single attacks; certified bounds appear for scenarios that have some."""
    hall, yard = leaderboard.markdown(ROWS, leaderboard.leaderboard(ROWS, COSTS, CERTIFIED)).split("\n\n## ")

    assert (
        "attacks at epsilon 0.01; certified: bound for 8 of the users (few: below 30, intervals and "
        "differences are unreliable) under every attack within the stated L2" in hall
    )
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in hall.splitlines() if line.startswith("|")]
    costs = ["parameters", "multiply-adds", "training gradients"]
    errors = ["clean", "clean: median / p90", "worst", "worst: median / p90 / moved"]
    assert rows[0] == ["model", "defence", "verdict", *errors, "certified", *costs, "fgsm"]
    assert rows[2][:3] == ["dcnn", "none", "OK"]
    assert rows[2][3:7] == ["1.000 [0.500, 1.500]", "0.500 / 1.500", "4.000 [3.500, 4.500]", "2.000 / 6.000 / 25 %"]
    assert rows[2][7:] == ["", "1,234", "5,678", "1,234.6", "2.000"]
    assert rows[3][5:] == ["", "", "3.500 within 0.003", "1,234", "5,678", "", ""]
    assert "; moved: share of users whom the attack moves by more than 0.5 m; attacks at" in hall
    assert "certified" not in yard


def test_latex() -> None:
    """One row per localizer; errors have no intervals; single attacks are left out if there is ``worst``."""
    text = leaderboard.latex(ROWS, leaderboard.leaderboard(ROWS, COSTS, CERTIFIED))

    assert text.startswith(r"% Needs \usepackage{booktabs} and \usepackage{graphicx}.")
    errors = "clean & clean: median / p90 & worst & worst: median / p90 / moved"
    assert rf"localizer & verdict & {errors} & certified & parameters & multiply-adds & training gradients \\" in text
    assert r"dcnn & OK & 1.000 & 0.500 / 1.500 & 4.000 & 2.000 / 6.000 / 25 \%" in text
    assert r"dcnn + smooth & none & 1.500 & 0.750 / 2.250 &  &  & 3.500 within 0.003 & 1,234 & 5,678 &  \\" in text
    assert text.count(r"\clearpage") == 1
    assert "fgsm" not in text


def test_gradients() -> None:
    """The cost is the sum over all epochs of all trainings; none without epochs, unknown without trainings."""
    start, tuned, none = ({"gradients": spent} for spent in ([1.0] * 10, [2.5, 2.0], []))

    assert leaderboard.gradients([pd.DataFrame(start), pd.DataFrame(tuned)]) == 14.5
    assert leaderboard.gradients([pd.DataFrame(none)]) == 0.0
    assert pd.isna(leaderboard.gradients([]))


def test_cost_over_seeds() -> None:
    """The cost of a localizer is the mean over its seeds."""
    seeds = pd.concat([COSTS, COSTS.assign(gradients=COSTS.gradients + 1)])

    assert leaderboard.leaderboard(ROWS, seeds).gradients.tolist()[:1] == [1235.06]


@pytest.mark.parametrize("sigma", [0.002, 0.0001])
def test_radius_zero_is_no_bound(sigma: float) -> None:
    """The error at radius 0 is never shown as a bound; of two equally near radii, the smaller one is."""
    assert leaderboard.proven(CERTIFIED.assign(sigma=sigma)).certified_radius.tolist() == [0.001]
