"""A table of certified errors holds as a whole: for all its users and radii together."""

import numpy as np
import pytest
from configurations import DEFAULT
from scipy.stats import binom, norm

from robustloc.robustness import certificate

RNG = np.random.default_rng(0)


def chances(draws: int, shift: float, rank: int) -> tuple[float, float]:
    """Bound the two ways in which the lower bound at a rank can fail, from the binomial distribution alone.

    Returns:
        The probabilities that the fresh median falls below a quantile under attack, and that the rank lies above the
        quantile that an attack can move there. Of all quantiles, it takes the one at which both are equal.
    """
    low, high = 0.0, 0.5  # of the share of the fresh draws below the quantile
    for _ in range(60):
        level = (low + high) / 2
        fresh = binom.sf((draws + 1) // 2 - 1, draws, level)
        own = binom.cdf(rank - 1, draws, norm.cdf(norm.ppf(level) - shift))
        low, high = (low, level) if fresh > own else (level, high)
    return float(fresh), float(own)


@pytest.mark.parametrize(("users", "radii"), [(1, [1.0]), (128, [1.0]), (128, [0.25, 0.5, 1.0, 1.5, 2.0])])
def test_joint_confidence(users: int, radii: list[float]) -> None:
    """The chances of all bounds of a table to fail sum up to at most 1 - confidence; the next ranks would exceed it."""
    draws, confidence = 2000, 0.999
    # the n-th draw is n, in each coordinate
    estimates = np.broadcast_to(np.arange(1.0, draws + 1)[None, :, None], (users, draws, 3))
    # far above all draws, so that the lower bound of each coordinate is the farthest corner
    found = certificate.certified_errors(estimates, np.full((users, 3), 1e6), radii, confidence)
    ranks = np.round(1e6 - found[:, 0] / 3**0.5).astype(int)

    def total(higher: int) -> float:
        sides = [sum(chances(draws, radius, rank + higher)) for radius, rank in zip(radii, ranks, strict=True)]
        return 2 * 3 * users * sum(sides)

    assert np.isfinite(found).all()
    assert total(0) <= 1 - confidence
    assert total(1) > 1 - confidence


def test_wider_than_alone() -> None:
    """Each bound of a table is above the one of its user and radius alone, which has the confidence for itself."""
    estimates, position, radii = RNG.normal(size=(20, 500, 3)), np.zeros((20, 3)), [0.25, 0.5]
    table = certificate.certified_errors(estimates, position, radii, 0.99)

    for user, one in enumerate(estimates):
        for row, radius in enumerate(radii):
            assert table[row, user] > certificate.certified_errors(one[None], position[:1], [radius], 0.99)[0, 0]


def test_more_draws_for_more_users() -> None:
    """The default draws bound the largest default radius for all default users; half of them do not."""
    defaults = DEFAULT["certificates"]
    position = np.zeros((defaults["users"], 3))
    for draws, is_bounded in ((defaults["draws"], True), (defaults["draws"] // 2, False)):
        estimates = np.zeros((defaults["users"], draws, 3))
        found = certificate.certified_errors(
            estimates, position, defaults["radii_sigmas"], confidence=defaults["confidence"]
        )
        assert bool(np.isfinite(found[-1]).all()) == is_bounded
        assert np.isfinite(found[:-1]).all()
