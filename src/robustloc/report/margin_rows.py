"""Rows of the table of smallest epsilons: quantiles over the users of each localizer."""

import numpy as np
import pandas as pd

from robustloc.base.seeds import LOCALIZER

SETTINGS = ["attack", "budget", "tolerance_m", "largest_epsilon", "resolution"]
SHARES = {"p10_epsilon": 10, "median_epsilon": 50, "p90_epsilon": 90}


def quantiles(users: pd.DataFrame) -> pd.DataFrame:
    """Summarise the users of every localizer, sorted by localizer.

    A quantile is the smallest epsilon that moves at least this share of the users. It is never interpolated, so it is
    infinite if more users stay.

    Args:
        users: one row per localizer and user (margin.csv).
    """
    rows = []
    for names, own in users.groupby([*LOCALIZER, *SETTINGS]):
        found = own.smallest_epsilon
        row = dict(zip([*LOCALIZER, *SETTINGS], names, strict=True))
        row |= {name: np.percentile(found, share, method="inverted_cdf") for name, share in SHARES.items()}
        rows.append(row | {"unmoved_share": np.isinf(found).mean(), "n_users": len(own)})
    return pd.DataFrame(rows)
