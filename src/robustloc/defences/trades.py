"""TRADES (Zhang et al., ICML 2019) for positions: clean estimates near the truth, perturbed near the clean ones."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.losses import evaluating, squared_error
from robustloc.defences.parts.base import Defence, drawn_attack, drawn_epsilons, mean_distance


def build(*, attacks: list[Callable], weight: float = 1.0) -> "Trades":
    """Build the defence.

    Args:
        attacks: those that drive an estimate away from the clean one; they need a random start, since the distance
            from itself has no gradient.
        weight: of the distance between clean and perturbed estimates (1 / lambda of the paper).
    """
    if not attacks:
        raise ValueError("trades needs at least one attack with a random start; name them under attacks")
    if weight <= 0:
        raise ValueError(f"weight: expected a positive number, found {weight}")
    return Trades(attacks, weight)


class Trades(Defence):
    """Adds the distance between clean and perturbed estimates to the loss."""

    def __init__(self, attacks: list[Callable], weight: float):
        self.attacks, self.weight = attacks, weight

    def loss(self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]) -> Tensor:
        """Return the mean distance from the truth and, weighted, of the perturbed estimates from the clean ones."""
        attack = drawn_attack(self.attacks, generators)
        generators = generators[: len(x)]
        with torch.no_grad(), evaluating(localizer):
            estimate = localizer(x)
        epsilons = drawn_epsilons(x, eps, generators)
        perturbed = attack(squared_error(localizer, estimate), x, eps=epsilons, generators=generators)
        if eps > 0 and torch.equal(perturbed, x):
            raise ValueError("attacks: trades needs a random start, the distance from itself has no gradient")
        clean, moved = localizer(torch.cat([x, perturbed.detach()])).chunk(2)
        return mean_distance(clean, y) + self.weight * mean_distance(moved, clean)
