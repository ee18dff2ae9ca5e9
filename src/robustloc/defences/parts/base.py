"""The base class of defences, which changes nothing, and functions that several defences share.

`robustloc.localizer.training` calls the methods in the order of this file. `robustloc.localizer.checkpoint.load` calls
``wrap`` when it reads a localizer, in a new process: it depends on the parameters, ``eps`` and the localizer alone. A
method must not change the localizer's weights, gradients or statistics. Its mode is restored after each call.

The arguments are the same everywhere:

* ``x``: scaled ADPs of N users (N, 1, angle bins, delay bins).
* ``y``: their true positions (N, 3) [m].
* ``eps``: the scenario's ``training_epsilon``; if the attacks of the defence are over the air, 10^(PSR / 20) of its
  ``training_psr_db``.
* ``generators``: ``torch.Generator``s of the CPU, one for each place in a batch.

``x`` and ``y`` are copies: a method may work in place on them.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.losses import check_target


class Defence:
    """No defence: training on the clean users.

    Attributes:
        repeats: number of times in a row that training presents each batch.
    """

    repeats = 1

    def on_training_set(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> tuple[Tensor, Tensor]:
        """Return the users to train on: (M, 1, angle bins, delay bins) and (M, 3) [m].

        Training calls this once, before the first epoch. ``localizer`` is the localizer that training starts from.
        """
        return x, y

    def on_epoch(self) -> None:
        """Begin an epoch of training: forget what was carried over from step to step.

        Training continues after a kill with a new defence, at the start of an epoch.
        """

    def on_batch(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> tuple[Tensor, Tensor]:
        """Return the users to train on in one step, with the shapes of x and y; `loss` calls this."""
        return x, y

    def loss(self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]) -> Tensor:
        """Return the loss that training minimises [m]: the mean distance of estimates from true positions."""
        x, y = self.on_batch(localizer, x, y, eps, generators)
        return mean_distance(localizer(x), y)

    def after_backward(self) -> None:
        """Use the gradients of the latest loss."""

    def score(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> Tensor:
        """Return the score of validation users [m]; the best epoch has the lowest one."""
        return self.loss(localizer, x, y, eps, generators)

    def wrap(self, localizer: nn.Module, eps: float) -> nn.Module:
        """Return the localizer that replaces the trained one, in use and under attack.

        If it hides its gradient or is random, it gives attacks what `robustloc.attacks.parts.seeing_through` describes.
        """
        return localizer


class Noisy(Defence):
    """Training on users under white Gaussian noise.

    Args:
        sigma_epsilons: standard deviation of the noise on the scaled input, in units of eps.

    Raises:
        ValueError: the standard deviation is not positive.
    """

    def __init__(self, sigma_epsilons: float):
        if sigma_epsilons <= 0:
            raise ValueError(f"sigma_epsilons: expected more than 0, found {sigma_epsilons}")
        self.sigma_epsilons = sigma_epsilons

    def on_batch(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> tuple[Tensor, Tensor]:
        """Return the users under noise; each user's noise comes from its own generator."""
        draws = [torch.randn(x.shape[1:], generator=generator) for generator in generators[: len(x)]]
        return x + self.sigma_epsilons * eps * torch.stack(draws).to(x), y


def mean_distance(estimate: Tensor, position: Tensor) -> Tensor:
    """Mean Euclidean distance [m] between N estimates (N, 3) and N positions (N, 3).

    Raises:
        ValueError: the two have different shapes.
    """
    check_target(position, estimate)
    return torch.linalg.vector_norm(estimate - position, dim=1).mean()


def drawn_attack(attacks: list[Callable], generators: list[torch.Generator]) -> Callable:
    """Draw the attack of a batch."""
    return attacks[int(torch.randint(len(attacks), (), generator=generators[0]))]


def epsilons(kind: Literal["fixed", "drawn"], x: Tensor, eps: float, generators: list[torch.Generator]) -> Tensor:
    """Return the epsilon of each of N users: (N, 1, …), which broadcasts against x.

    Args:
        kind: ``fixed``, all have ``eps``, or ``drawn``, each draws its own between 0 and ``eps``.

    Raises:
        ValueError: the kind is another one.
    """
    if kind not in ("fixed", "drawn"):
        raise ValueError(f"epsilon: expected fixed or drawn, found {kind!r}")
    if kind == "fixed":
        return x.new_full((len(x), *[1] * (x.ndim - 1)), eps)
    draws = [torch.rand((), generator=generator) for generator in generators[: len(x)]]
    return eps * torch.stack(draws).to(x).view(-1, *[1] * (x.ndim - 1))
