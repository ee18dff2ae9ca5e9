"""Training under white Gaussian noise, as Zhang et al. (2022) train on channel fingerprints."""

from robustloc.defences.parts.base import Noisy


def build(*, sigma_epsilons: float = 1.0) -> Noisy:
    """Build the defence.

    Args:
        sigma_epsilons: standard deviation of the noise on the scaled input, in units of the largest epsilon.

    Raises:
        ValueError: the standard deviation is not positive.
    """
    return Noisy(sigma_epsilons)
