"""Statistics of position errors."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

RESAMPLES = 1000
SEED = 0


def summary(error: np.ndarray) -> dict[str, float]:
    """Summarise position errors (N,) [m].

    Returns:
        RMSE (root of their mean square) with the ends of its interval, mean, median, 90th and 95th percentile.
    """
    low, high = rmse_interval([error])
    return {
        "rmse_m": float(np.sqrt(np.mean(error**2))),
        "rmse_low_m": low,
        "rmse_high_m": high,
        "mean_m": float(np.mean(error)),
        "median_m": float(np.median(error)),
        "p90_m": float(np.percentile(error, 90)),
        "p95_m": float(np.percentile(error, 95)),
    }


def rmse_interval(errors: Sequence[np.ndarray], joint: bool = True) -> tuple[float, float]:
    """95 % interval [m] over users of an RMSE, or of the mean of several: percentile bootstrap (Efron 1979).

    Sets with equal numbers of users share their draws, so that intervals of the same users are comparable in pairs.

    Args:
        errors: position errors (N,) [m] of each seed.
        joint: whether the seeds have the same users in the same order. If so, one draw of users serves all seeds.
    """
    roots = []
    for place, error in enumerate(errors):
        counts = _counts(len(error), 0 if joint else place)
        # einsum instead of BLAS, whose last digits depend on the number of threads
        roots.append(np.sqrt(np.einsum("rn,n->r", counts, error**2) / len(error)))
    low, high = np.percentile(np.mean(roots, axis=0), (2.5, 97.5))
    return float(low), float(high)


@lru_cache(maxsize=8)
def _counts(users: int, draw: int) -> np.ndarray:
    """Draw how often each resample contains each user (RESAMPLES, users), as in drawing with replacement."""
    generator = np.random.default_rng((SEED, users, draw))
    return generator.multinomial(users, np.full(users, 1 / users), size=RESAMPLES).astype(float)
