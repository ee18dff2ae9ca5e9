"""The base class of defences, which does nothing, and parts that several defences share.

`robustloc.localizer.training` calls the methods in their order here; ``wrap`` is called where a localizer is read.
Everywhere ``x`` are N users' scaled ADPs (N, 1, angle bins, delay bins), ``y`` their true positions (N, 3) [m], ``eps``
is the scenario's ``training_epsilon``, and ``generators`` are ``torch.Generator``s of the CPU, one for each place in a
batch. Weights, gradients, statistics and mode of the localizer are left as found.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn


class Defence:
    """No defence: training on the clean users.

    Attributes:
        repeats: how often in a row training presents each batch.
    """

    repeats = 1

    def on_training_set(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> tuple[Tensor, Tensor]:
        """Return the users to train on, once, before the first epoch; ``localizer`` is what training starts from."""
        return x, y

    def on_batch(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> tuple[Tensor, Tensor]:
        """Return the users to train on in one step; called by `loss`."""
        return x, y

    def loss(self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]) -> Tensor:
        """Return what training minimises [m]: the mean distance of the estimates from the true positions."""
        x, y = self.on_batch(localizer, x, y, eps, generators)
        return mean_distance(localizer(x), y)

    def after_backward(self) -> None:
        """Look at the gradients of the loss that was returned last."""

    def score(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> Tensor:
        """Return what the best epoch has least of, on validation users [m]."""
        return self.loss(localizer, x, y, eps, generators)

    def wrap(self, localizer: nn.Module, eps: float) -> nn.Module:
        """Return the localizer that is used, and attacked, instead of the trained one."""
        return localizer


class Noisy(Defence):
    """Training on users under white Gaussian noise.

    Args:
        sigma_epsilons: standard deviation of the noise on the scaled input, in units of eps.
    """

    def __init__(self, sigma_epsilons: float):
        if sigma_epsilons <= 0:
            raise ValueError(f"sigma_epsilons: expected more than 0, found {sigma_epsilons}")
        self.sigma_epsilons = sigma_epsilons

    def on_batch(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> tuple[Tensor, Tensor]:
        """Return the users under noise, each from a generator of its own."""
        draws = [torch.randn(x.shape[1:], generator=generator) for generator in generators[: len(x)]]
        return x + self.sigma_epsilons * eps * torch.stack(draws).to(x), y


def mean_distance(estimate: Tensor, position: Tensor) -> Tensor:
    """Mean Euclidean distance [m] of N positions (N, 3) from N others."""
    return torch.linalg.vector_norm(estimate - position, dim=1).mean()


def drawn_attack(attacks: list[Callable], generators: list[torch.Generator]) -> Callable:
    """Draw one of some attacks for a batch."""
    return attacks[int(torch.randint(len(attacks), (), generator=generators[0]))]


def drawn_epsilons(x: Tensor, eps: float, generators: list[torch.Generator]) -> Tensor:
    """Draw an epsilon between 0 and ``eps`` for each of N users; (N, 1, …), to go with x."""
    draws = [torch.rand((), generator=generator) for generator in generators[: len(x)]]
    return eps * torch.stack(draws).to(x).view(-1, *[1] * (x.ndim - 1))
