"""TRADES (Zhang et al., ICML 2019) for positions.

The loss draws clean estimates towards the true positions, and perturbed estimates towards the clean estimates.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.losses import SquaredError, evaluating
from robustloc.defences.parts.base import Defence, drawn_attack, epsilons, mean_distance


def build(*, attacks: list[Callable], weight: float = 1.0, epsilon: Literal["fixed", "drawn"] = "fixed") -> "Trades":
    """Build the defence.

    Args:
        attacks: functions ``(loss, x, *, eps, generators) -> x`` that drive an estimate away from the clean estimate.
            They need a random start: at the clean input this distance is zero and has no gradient.
        weight: weight of the distance between clean and perturbed estimates (1 / lambda in the paper).
        epsilon: see `robustloc.defences.parts.base.epsilons`; fixed in the paper.

    Raises:
        ValueError: there is no attack, or the weight is not positive.
    """
    if not attacks:
        raise ValueError("trades needs at least one attack with a random start; name them under attacks")
    if weight <= 0:
        raise ValueError(f"weight: expected a positive number, found {weight}")
    return Trades(attacks, weight, epsilon)


class Trades(Defence):
    """Adds the distance between clean and perturbed estimates to the loss."""

    def __init__(self, attacks: list[Callable], weight: float, epsilon: str):
        self.attacks, self.weight, self.epsilon = attacks, weight, epsilon

    def loss(self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]) -> Tensor:
        """Return the mean distance of clean estimates from the truth plus the weighted distance of the perturbed ones.

        Raises:
            ValueError: an attack has no random start.
        """
        attack = drawn_attack(self.attacks, generators)
        generators = generators[: len(x)]
        with torch.no_grad(), evaluating(localizer):
            estimate = localizer(x)
        radii = epsilons(self.epsilon, x, eps, generators)
        perturbed = attack(SquaredError(localizer, estimate), x, eps=radii, generators=generators)
        if eps > 0 and torch.equal(perturbed, x):
            raise ValueError(
                "attacks: trades needs attacks with a random start, found one without; set random_start: true"
            )
        # one pass over both, so that batch statistics see clean and perturbed users alike
        clean, moved = localizer(torch.cat([x, perturbed.detach()])).chunk(2)
        return mean_distance(clean, y) + self.weight * mean_distance(moved, clean)
