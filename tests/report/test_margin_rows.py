"""Quantiles of smallest epsilons are epsilons that were found, and say when too many users stay."""

import numpy as np
from figure_rows import LEAST

from robustloc.report import columns, margin_rows


def test_quantiles() -> None:
    """A quantile is the smallest epsilon that moves this share of the users, infinite if more of them stay."""
    table = margin_rows.quantiles(LEAST)
    row = table[(table.defence == "adversarial") & (table.seed == 1)].iloc[0]

    assert row[["p10_epsilon", "median_epsilon", "p90_epsilon"]].tolist() == [0.02, 0.07, np.inf]
    assert (row.unmoved_share, row.n_users) == (4 / 9, 9)


def test_columns() -> None:
    """One row per localizer and seed; the columns are the documented ones, in their order."""
    table = margin_rows.quantiles(LEAST.sample(frac=1, random_state=0))

    assert table.columns.tolist() == [*columns.TABLES["margins"]]
    assert table.defence.tolist() == ["adversarial", "adversarial", "none", "none"]
    assert table.seed.tolist() == [0, 1, 0, 1]
