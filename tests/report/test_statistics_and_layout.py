"""Position errors calculated by hand, their intervals, and the tables for people."""

import re

import numpy as np
import pandas as pd
import pytest
from made_up_summary import SUMMARY
from scipy.stats import bootstrap, ttest_1samp

from robustloc.data.positions import position_error
from robustloc.report import layout
from robustloc.report.statistics import (
    Mean,
    _counts,
    mean_over_seeds,
    resampled_median,
    resampled_rmse,
    rmse_interval,
    summary,
)


def test_errors_by_hand() -> None:
    """The statistics of distances of 3, 4 and 5 metres."""
    truth = np.zeros((3, 3))
    error = position_error(np.array([[3.0, 0, 0], [0, 0, 4], [0, 3, 4]]), truth)
    found = summary(error)

    np.testing.assert_allclose(error, [3, 4, 5])
    assert found["rmse_m"] == pytest.approx(np.sqrt(50 / 3))
    assert 3 <= found["rmse_low_m"] < found["rmse_m"] < found["rmse_high_m"] <= 5
    assert found["mean_m"] == found["median_m"] == pytest.approx(4)
    assert found["p90_m"] == pytest.approx(4.8)
    assert found["p95_m"] == pytest.approx(4.9)


def test_interval_of_equal_errors() -> None:
    """The interval of equal errors, or of a single user, has no width."""
    assert rmse_interval([np.full(7, 3.0)]) == pytest.approx((3, 3), abs=1e-12)
    assert rmse_interval([np.array([2.0])]) == (2, 2)


def test_interval_of_many_users() -> None:
    """The mean square of many users is normally distributed with its variance over N; SciPy's bootstrap agrees."""
    squares = np.random.default_rng(1).normal(size=5000) ** 2
    half = 1.96 * squares.std() / np.sqrt(len(squares))
    found = rmse_interval([np.sqrt(squares)])

    np.testing.assert_allclose(np.square(found), [squares.mean() - half, squares.mean() + half], rtol=5e-3)
    peer = bootstrap((squares,), np.mean, n_resamples=1000, method="percentile", rng=2).confidence_interval
    np.testing.assert_allclose(np.square(found), peer, rtol=1e-2)
    assert rmse_interval([np.sqrt(squares)]) == found


def test_interval_of_seeds() -> None:
    """Equal seeds with joint draws have the interval of one seed; with other users, the interval is narrower."""
    error = np.random.default_rng(1).exponential(size=100)
    one, joint = rmse_interval([error]), rmse_interval([error] * 4)
    apart = rmse_interval([error] * 4, joint=False)

    assert joint == pytest.approx(one)
    assert np.diff(apart) == pytest.approx(np.diff(one) / 2, rel=0.2)
    assert rmse_interval([2 * error]) == pytest.approx(tuple(2 * end for end in one))


def test_interval_of_different_seeds() -> None:
    """Seeds that differ widen the interval by Student's t, up to zero; two of them have 12.7 standard errors."""
    low, high = rmse_interval([np.full(9, 30.0), np.full(9, 32.0)])

    assert (low, high) == pytest.approx((31 - 12.706, 31 + 12.706), abs=1e-3)
    assert rmse_interval([np.full(9, 1.0), np.full(9, 3.0)])[0] == 0


@pytest.mark.parametrize("seeds", [3, 4, 5])
def test_coverage(seeds: int) -> None:
    """With few seeds, about 95 % of the intervals hold the expected RMSE of a new seed and new users."""
    rng, held = np.random.default_rng(seeds), []
    for _ in range(300):
        users, offsets = 0.4 * rng.normal(size=(1, 100)), 0.1 * rng.normal(size=(seeds, 1))
        low, high = rmse_interval(list(np.exp(users + offsets + 0.2 * rng.normal(size=(seeds, 100)))))
        held.append(low <= np.exp(0.1**2 / 2 + 0.4**2 + 0.2**2) <= high)

    assert 0.92 <= np.mean(held) <= 0.99


def test_p_value_and_interval() -> None:
    """The p-value is 0.05 at the end of the interval, one at zero, and Student's for seeds alone."""
    mean = Mean(1.0, users=300, seeds=4, over_users=0.2, over_seeds=0.3)
    student = ttest_1samp(four := [0.7, 1.2, 0.9, 1.6], 0).pvalue

    assert mean._replace(value=mean.half()).p() == pytest.approx(0.05)
    assert mean._replace(value=-mean.half(0.001)).p() == pytest.approx(0.001)
    assert mean._replace(value=0.0).p() == 1
    assert mean._replace(value=1e9).p() == 1e-12
    alone = mean_over_seeds(np.array(four), np.ones((4, 9)), 300)
    assert (alone.value, alone.over_users, alone.p()) == (1.1, 0.0, pytest.approx(student))


@pytest.mark.parametrize("seeds", [3, 5])
def test_detectable(seeds: int) -> None:
    """A difference of the detectable size is found in about 80 % of the experiments."""
    rng, found = np.random.default_rng(seeds), []
    difference = Mean(0.0, 300, seeds, over_users=0.2, over_seeds=0.3 / seeds**0.5).detectable()
    for _ in range(400):
        values = difference + 0.3 * rng.normal(size=seeds) + 0.2 * rng.normal()
        found.append(mean_over_seeds(values, values[:, None] + 0.2 * rng.normal(size=(1, 100)), 300).p() < 0.05)

    assert 0.73 <= np.mean(found) <= 0.87


def test_resampled_medians() -> None:
    """A resample's median is the median of the users that it draws, for odd and even numbers of users."""
    rng = np.random.default_rng(0)
    for users in (30, 31):
        error = rng.exponential(size=users)
        drawn = [np.repeat(error, counts.astype(int)) for counts in _counts(users, 0)]

        np.testing.assert_allclose(resampled_median(error), [np.median(one) for one in drawn])
        np.testing.assert_allclose(resampled_rmse(error), [np.sqrt(np.mean(one**2)) for one in drawn])


def test_layout() -> None:
    """Verdicts, sizes, clean and worst come first, the last two with intervals and the statistics of most users.

    Cells that were not run are empty.
    """
    arranged = layout.layout(SUMMARY, "in_door")

    assert arranged.columns.tolist() == ["attack", "budget", "constant", "dcnn", "dcnn + adversarial"]
    assert arranged.values.tolist() == [
        ["verdict", "", "", "OK/UNCONVERGED", "MASKED"],
        ["parameters", "", "0", "61,234", "61,234"],
        ["multiply-adds", "", "5,000,000", "5,000,000", "5,000,000"],
        ["clean", "", "4.000 [3.875, 4.125]", "0.500 ± 0.250 [0.375, 0.625]", "0.600 [0.475, 0.725]"],
        ["clean: median / p90", "", "2.000 / 6.000", "0.250 / 0.750", "0.300 / 0.900"],
        ["worst", "0.01 linf", "", "3.000 [2.875, 3.125]", ""],
        ["worst: median / p90 / moved", "0.01 linf", "", "1.500 / 4.500 / 25 %", ""],
        ["csi_pgd", "-20 dB", "", "2.500", ""],
        ["csi_pgd", "0 dB", "", "3.500", ""],
        ["fgsm", "0.01 linf", "", "1.500 ± 0.500", "0.750"],
        ["fgsm", "0.02 linf", "", "1.750 ± 0.500", ""],
    ]


def test_matrices() -> None:
    """One row per defence; clean and the attacks as columns, at the figure's epsilon and in its order."""
    figure = {"scenario": "in_door", "model": "dcnn", "defences": ["none", "adversarial"], "attacks": ["fgsm"]}
    text = layout.matrices(SUMMARY, [figure | {"name": "fig9", "epsilon": 0.01}])

    assert "## fig9: in_door, dcnn, epsilon 0.01; position RMSE [m] of 9 test users" in text
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    assert rows[0] == ["defence", "clean", "fgsm"]
    assert rows[2:] == [
        ["none", "0.500 ± 0.250 [0.375, 0.625]", "1.500 ± 0.500"],
        ["adversarial", "0.600 [0.475, 0.725]", "0.750"],
    ]


def test_verdicts() -> None:
    """One row per localizer, with its failed checks, the values that were found and the expected ranges."""
    names = ["scenario", "model", "defence", "seed", "epsilon", "n_users", "verdict"]
    columns = [*names, "check", "what", "figure", "rule", "passed"]
    dcnn, constant = ["s", "dcnn", "none", 0, 0.03, 128, "UNCONVERGED"], ["s", "constant", "none", 0, 0.03, 128, "OK"]
    rows = [
        [*dcnn, "C1", "share", 0.0, "at most 0.01", "yes"],
        [*dcnn, "U1", "APGD / PGD", 1.1876, "at most 1.1", "no"],
        [*dcnn, "U2", "APGD / FGSM", 2.0, "at most 1.5", "no"],
        [*constant, "C1", "share", 0.0, "at most 0.01", "yes"],
    ]
    first, second = layout.verdicts(pd.DataFrame(rows, columns=columns)).splitlines()[2:]

    reasons = "U1 APGD / PGD: 1.188, expected at most 1.1; U2 APGD / FGSM: 2, expected at most 1.5"
    assert f"| UNCONVERGED | {reasons} |" in second
    assert "| OK          |  " in first
    few = pd.DataFrame(rows, columns=columns).assign(n_users=29)
    assert layout.verdicts(few).count("| 29 (few) ") == 2
    assert "few" not in layout.verdicts(few.assign(n_users=30))
    assert "failed checks" in layout.verdicts(pd.DataFrame([], columns=columns))
    assert "| OK        |" in layout.verdicts(pd.DataFrame(rows[-1:], columns=columns))


def test_markdown_and_latex() -> None:
    """Both contain the numbers; LaTeX escapes special characters and uses booktabs."""
    markdown, latex = layout.markdown(SUMMARY), layout.latex(SUMMARY)

    few = "few: below 30, intervals and differences are unreliable"
    title = f"position RMSE [m] of 9 test users ({few}), mean ± standard deviation of 1 to 2 seeds"
    assert f"## in_door: {title}; brackets: 95 %" in markdown
    assert rf"\caption{{in\_door: clean, and under fgsm by epsilon (linf); {title}.}}".replace("±", r"$\pm$") in latex
    assert f"9 test users ({few}), one seed" in layout.markdown(SUMMARY[SUMMARY.seeds == 1])
    assert "brackets: 95 % interval over seeds and users, of rows with one seed over users; moved" in markdown
    assert "brackets: 95 % interval over users, for this seed; moved" in layout.markdown(SUMMARY[SUMMARY.seeds == 1])
    assert "interval over seeds and users; moved" in layout.markdown(SUMMARY[SUMMARY.seeds == 2])
    many = SUMMARY.assign(n_users=30)
    assert "few" not in layout.markdown(many) + layout.latex(many)
    assert re.search(r"\| fgsm +\| 0.01 linf \|", markdown)
    assert "over users; moved: share of users whom the attack moves by more than 0.5 m" in markdown
    robust = "median and 90th percentile of the position error [m], and share of moved users of 9 test users"
    assert rf"\caption{{in\_door: clean, and under worst by epsilon (linf); {robust}" in latex
    assert r"dcnn & OK/UNCONVERGED & 0.250 / 0.750 & 1.500 / 4.500 / 25 \% \\" in latex
    assert "nan" not in markdown + latex
    assert r"\toprule" in latex
    assert r"localizer & verdict & clean & 0.01 & 0.02 \\" in latex
    assert r"dcnn & OK/UNCONVERGED & 0.500 $\pm$ 0.250 & 1.500 $\pm$ 0.500 & 1.750 $\pm$ 0.500 \\" in latex
    assert r"dcnn & OK/UNCONVERGED & 0.500 $\pm$ 0.250 & 2.500 & 3.500 \\" in latex
    assert latex.index("under worst") < latex.index("under csi") < latex.index("under fgsm")
    assert latex.count(r"constant & none & 4.000 &  & ") == 2
    assert latex.count(r"\label{") == 4
    assert "_" not in latex.replace(r"\_", "")
