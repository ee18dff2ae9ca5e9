"""Verified error of a localizer's median under Gaussian noise, against every attack within an L2 radius.

Source: Chiang et al., "Detection as Regression: Certified Object Detection by Median Smoothing" (NeurIPS 2020). The
paper bounds the ideal median. This module bounds the reported estimate, which is the median of n fresh draws of noise.

Consider one coordinate of the estimates f(x + noise), and an attacker who moves x to x' by at most r:

1. Take n draws around x'. Their median is below the p-quantile of f(x' + noise) with probability at most alpha, where p
   solves P[Bin(n, p) >= (n + 1) // 2] = alpha.
2. An event of probability q under noise of size sigma around x has a probability of at most Phi(Phi^-1(q) + r / sigma)
   around x' (Neyman and Pearson; Lemma 1 of the paper). So the p-quantile around x' is at least the q-quantile around
   x, where q = Phi(Phi^-1(p) - r / sigma).
3. Take n draws around x. The k-th smallest is above this q-quantile with probability at most alpha, where k is the
   largest number with P[Bin(n, q) < k] <= alpha. This bound is exact, also for discrete estimates.

So the reported coordinate is at least the k-th smallest of the draws around x. The same argument for -f shows that it
is at most the k-th largest.

A table of N users and R radii holds as a whole: the probability that any of its bounds fails is at most 1 - confidence.
By the union bound, each user, radius, coordinate, side and step has an equal share of it: alpha = (1 - confidence) /
(N * R * 3 * 2 * 2). Radii have the draws around x in common, but each has its own rank, attack and fresh draws.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import beta, binom, norm

from robustloc.data.scale import Scale


def order_statistics(draws: int, shift: float, alpha: float) -> tuple[int, int] | None:
    """Return the ranks of the draws that bound the median under attack.

    Sort the draws around a clean user. The median of the same number of draws around the attacked user lies between the
    draws of these two ranks.

    Args:
        draws: number of draws.
        shift: radius of the attack divided by the standard deviation of the noise.
        alpha: largest probability that the bound fails on one side or the other.

    Returns:
        The lower and the upper rank, from 1; None if the draws are too few for a bound with this probability.
    """
    each, middle = alpha / 4, (draws + 1) // 2
    # as a function of p, P[Bin(n, p) >= k] is the distribution function of Beta(k, n - k + 1)
    level = beta.ppf(each, middle, draws - middle + 1)
    rank = int(binom.ppf(each, draws, norm.cdf(norm.ppf(level) - shift)))
    return (rank, draws + 1 - rank) if rank else None


def certified_errors(
    estimates: np.ndarray, position: np.ndarray, radii_sigmas: Sequence[float], confidence: float
) -> np.ndarray:
    """Bound the position errors [m] of N users under every attack within R radii.

    Args:
        estimates: (N, draws, 3) position estimates under independent draws of noise around each user [m].
        position: (N, 3) true positions [m].
        radii_sigmas: L2 radii on the input's scale, in units of the noise's standard deviation.
        confidence: probability that all bounds hold, those of all users and radii together, for any one attack per
            user and radius.

    Returns:
        (R, N) verified errors [m]: distances from the true position to the farthest corner of the box that holds the
        estimate. A bound is infinite where the draws are too few for the confidence.
    """
    users, draws, coordinates = estimates.shape
    ordered, errors = np.sort(estimates, axis=1), np.full((len(radii_sigmas), users), np.inf)
    alpha = (1 - confidence) / max(users * len(radii_sigmas) * coordinates, 1)
    for row, shift in zip(errors, radii_sigmas, strict=True):
        if ranks := order_statistics(draws, shift, alpha):
            low, high = (ordered[:, rank - 1] for rank in ranks)
            row[:] = np.linalg.norm(np.maximum(position - low, high - position), axis=1)
    return errors


def certified_psr_db(radius: float, adp: np.ndarray, scale: Scale) -> np.ndarray:
    """Return the perturbation-to-signal ratio up to which an attack over the air stays within a radius, per user.

    A perturbation E of the channel H moves the linear profile by at most g |E| in L2, where |ADP| = g |H|. The gain g
    is 1 for unitary transforms (see the lemma in docs/attacks.md). The scaled input moves by at most the largest slope
    of the scale times this. So every attack with |E| / |H| <= radius / (slope |ADP|) stays within the radius.

    This is sharp for a linear scale. The slope of `db` is largest at the floor, so there it is a safe lower bound.

    Args:
        radius: L2 radius on the input's scale.
        adp: (N, angle bins, delay bins) linear profiles.
        scale: scale of the model's input.

    Returns:
        (N,) perturbation-to-signal ratios [dB]. The value is -inf at radius 0; at other radii it is +inf for a user
        without signal.
    """
    reach = scale.slope * np.linalg.norm(adp.astype(float), axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(radius == 0, -np.inf, 20 * np.log10(radius / reach))
