"""What is proven of a localizer's median under Gaussian noise, whatever the attack, within an L2 radius.

Chiang et al., "Detection as Regression: Certified Object Detection by Median Smoothing" (NeurIPS 2020), made to hold of
the estimate that is reported, the median of n fresh draws of noise, and not just of the ideal median. Of one coordinate
of the estimates f(x + noise) and an attacker who moves x by at most r:

1. The median of n draws made behind the attack is below the p-quantile there with probability at most alpha, where p
   solves P[Bin(n, p) >= (n + 1) // 2] = alpha.
2. What has probability q under noise of size sigma around x has at most Phi(Phi^-1(q) + r / sigma) around any point
   within r (Neyman and Pearson; Lemma 1 of the paper). So the p-quantile there is no less than the one around x of
   q = Phi(Phi^-1(p) - r / sigma).
3. Of n draws made around x, the k-th smallest is above that quantile with probability at most alpha, where k is the
   largest with P[Bin(n, q) < k] <= alpha (an exact bound, of discrete estimates too).

So the reported coordinate is at least the k-th smallest and, f turned over, at most the k-th largest of the draws
around x. Two steps, two sides and three coordinates share a user's 1 - confidence (union bound).
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import beta, binom, norm

from robustloc.data.scale import Scale


def order_statistics(draws: int, shift: float, alpha: float) -> tuple[int, int] | None:
    """Return between which of the sorted draws around a user the median of as many draws behind the attack lies.

    Args:
        draws: how many.
        shift: radius of the attack over the noise's standard deviation.
        alpha: probability that this fails, of either side.

    Returns:
        The lower and the upper rank, from 1; None if even the smallest draw is no bound with that probability.
    """
    each, middle = alpha / 4, (draws + 1) // 2
    # P[Bin(n, p) >= k] is, as a function of p, the distribution Beta(k, n - k + 1)
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
        confidence: probability that the bound holds, for each user and radius.

    Returns:
        (R, N) distances from the true position to the farthest corner of the box that holds the estimate; infinite
        where the draws are too few for the confidence.
    """
    draws, coordinates = estimates.shape[1:]
    ordered, errors = np.sort(estimates, axis=1), np.full((len(radii_sigmas), len(estimates)), np.inf)
    for row, shift in zip(errors, radii_sigmas, strict=True):
        if ranks := order_statistics(draws, shift, (1 - confidence) / coordinates):
            low, high = (ordered[:, rank - 1] for rank in ranks)
            row[:] = np.linalg.norm(np.maximum(position - low, high - position), axis=1)
    return errors


def certified_psr_db(radius: float, adp: np.ndarray, scale: Scale) -> np.ndarray:
    """Return the power below which no attacker over the air leaves a radius, per user.

    A perturbation E of the channel H moves the linear profile by at most g |E| in L2, where |ADP| = g |H|, and g is 1
    but for un-normalised transforms (the lemma of docs/attacks.md). The scaled input then moves by at most the scale's
    largest slope times that: so the radius holds every attacker of |E| / |H| <= radius / (slope |ADP|). This is sharp
    where the scale is linear; on `db`, whose slope is largest at the floor, a safe lower bound.

    Args:
        radius: L2 radius on the input's scale.
        adp: (N, angle bins, delay bins) linear profiles.
        scale: of the model's input.

    Returns:
        (N,) perturbation-to-signal ratios [dB]; -inf at radius 0, else +inf without signal.
    """
    reach = scale.slope * np.linalg.norm(adp.astype(float), axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(radius == 0, -np.inf, 20 * np.log10(radius / reach))
