"""Training on noisy users: white Gaussian noise on the scaled input (Zhang et al. 2022 for channel fingerprints)."""

import torch
from torch import Tensor, nn

from robustloc.defence import Defence, noisy


def build(*, attacks: list, sigma_epsilons: float = 1.0) -> "Noise":
    """Build the defence.

    Args:
        attacks: not used.
        sigma_epsilons: standard deviation of the noise, in units of the largest epsilon.
    """
    if sigma_epsilons <= 0:
        raise ValueError(f"sigma_epsilons: expected a positive number, found {sigma_epsilons}")
    return Noise(sigma_epsilons)


class Noise(Defence):
    """Adds noise to each batch."""

    def __init__(self, sigma_epsilons: float):
        self.sigma_epsilons = sigma_epsilons

    def on_batch(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> tuple[Tensor, Tensor]:
        """Return the noisy users."""
        return noisy(x, self.sigma_epsilons * eps, generators), y
