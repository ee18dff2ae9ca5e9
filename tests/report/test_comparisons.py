"""Comparisons find differences that exist, and no others; their words say no more than their numbers."""

import numpy as np
import pandas as pd
import pytest

from robustloc.report import columns, comparisons
from robustloc.report.comparisons import Side, holm, row, table

NAMES = dict(
    zip(comparisons.KEYS, ("hall", "worst", 0.01, "linf", "neural_ode", "adversarial", "resnet", "none"), strict=True)
)


def made(rng: np.random.Generator, seeds: int, users: np.ndarray, scale: float = 1.0) -> Side:
    """Make the errors of a localizer on some users; its seeds differ by ten per cent."""
    offsets = 0.1 * rng.normal(size=seeds)
    noise = 0.2 * rng.normal(size=(seeds, len(users)))
    return Side(dict(enumerate(scale * np.exp(users + offsets[:, None] + noise))), learns=True)


def several(scale: float, seeds: int, count: int) -> pd.DataFrame:
    """Compare many made-up pairs, the first of which has errors of another scale."""
    rng, rows = np.random.default_rng(seeds), []
    for _ in range(count):
        users = 0.5 * rng.normal(size=60)
        rows.append(row(NAMES, made(rng, seeds, users, scale), made(rng, seeds, users)))
    return pd.DataFrame(rows)


@pytest.mark.parametrize("seeds", [3, 5])
def test_no_difference(seeds: int) -> None:
    """Of two equal localizers, about 5 % of comparisons have a p-value below 0.05."""
    rows = several(1.0, seeds, 150)

    assert 0.01 <= (rows.p < 0.05).mean() <= 0.09
    assert ((rows.p < 0.05) == (rows.rmse_low_m * rows.rmse_high_m > 0)).all()


def test_known_difference() -> None:
    """About 95 % of the intervals hold a difference that exists."""
    truth = 0.5 * np.exp(0.5**2 + 0.2**2 + 0.1**2 / 2)
    rows = several(1.5, 4, 100)

    assert 0.91 <= ((rows.rmse_low_m <= truth) & (truth <= rows.rmse_high_m)).mean() <= 0.99
    assert rows.median_difference_m.mean() == pytest.approx(0.5, rel=0.1)


def test_equal_sides() -> None:
    """A localizer does not differ from itself."""
    side = made(np.random.default_rng(0), 3, np.zeros(40))
    (found,) = table([row(NAMES, side, side)]).to_dict("records")

    assert (found["rmse_difference_m"], found["median_difference_m"], found["p_holm"]) == (0, 0, 1)
    assert found["finding"] == "no difference shown"


def test_columns() -> None:
    """The columns are those of the dictionary, in its order, whatever the order of the names."""
    side = made(np.random.default_rng(0), 2, np.zeros(40))

    assert list(table([row(dict(sorted(NAMES.items())), side, side)])) == list(columns.TABLES["comparisons"])


def test_seeds_are_paired() -> None:
    """Seeds that both have are compared; a localizer without weights is compared with all seeds of the other."""
    rng, users = np.random.default_rng(0), 0.5 * np.random.default_rng(1).normal(size=40)
    five, three = made(rng, 5, users), made(rng, 3, users)
    still = Side({0: np.exp(users)}, learns=False)

    assert row(NAMES, five, three)["seeds"] == row(NAMES, three, five)["seeds"] == 3
    spread = row(NAMES, five, still)
    assert (spread["seeds"], spread["over"]) == (5, "seeds and users")
    assert row(NAMES, still, five)["rmse_difference_m"] == pytest.approx(-spread["rmse_difference_m"])
    copies = Side(dict.fromkeys(range(5), np.exp(users)), learns=True)
    assert row(NAMES, five, copies) == spread


def test_one_seed_shows_nothing() -> None:
    """One seed of trained weights has an interval over users and no word; without weights, users suffice."""
    users = 0.5 * np.random.default_rng(0).normal(size=40)
    one, half = ({0: scale * np.exp(users)} for scale in (1.0, 0.5))
    few = {0: np.exp(users[:29])}, {0: np.exp(users[:29]) / 2}
    pairs = [(Side(one, True), Side(half, False)), (Side(one, False), Side(half, False))]
    frame = table([row(NAMES, *pair) for pair in [*pairs, (Side(few[0], False), Side(few[1], False))]])

    assert frame.over.tolist() == ["users of one seed", "users", "users"]
    assert frame.finding.tolist() == ["one seed", "larger", "too few users"]
    assert frame.p_holm.isna().tolist() == frame.detectable_m.isna().tolist() == [True, False, True]
    assert (frame.rmse_low_m > 0).all()


def test_holm() -> None:
    """The k-th smallest of n p-values is multiplied by n - k + 1, and is never below a smaller one's result."""
    found = holm(np.array([0.01, 0.04, np.nan, 0.03, 0.005, 0.9]))

    np.testing.assert_allclose(found, [0.04, 0.09, np.nan, 0.09, 0.025, 0.9])
    assert np.isnan(holm(np.array([np.nan]))).all()


def test_a_family_needs_more() -> None:
    """The word is that of the corrected p-value: a difference of one row may be none among many rows."""
    rows = several(1.3, 3, 1).assign(p=0.01)
    alone, among = table(rows.to_dict("records")), table([*rows.to_dict("records")] * 6)

    assert alone.finding.tolist() == ["larger"]
    assert among.finding.tolist() == ["no difference shown"] * 6


def test_texts() -> None:
    """Markdown and LaTeX name the pair, what the brackets are over, and the finding."""
    frame = table(several(4.0, 3, 1).to_dict("records"))
    markdown, latex = comparisons.markdown(frame), comparisons.latex(frame)

    assert markdown.startswith(
        "## hall: position RMSE [m] of localizers minus that of their controls, 60 test users, 3"
    )
    assert "brackets: 95 % intervals over seeds and users, each of one row; p: Holm's correction for 1 rows" in markdown
    cells = [cell.strip() for cell in markdown.splitlines()[4].split("|")[1:-1]]
    assert [*cells[:3], *cells[-2:]] == ["neural_ode + adversarial", "resnet", "worst 0.01", "3", "larger"]
    assert r"neural\_ode + adversarial & resnet & worst 0.01 & " in latex
    assert "nan" not in markdown + latex
