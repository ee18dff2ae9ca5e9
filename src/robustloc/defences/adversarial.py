"""Adversarial training (section IV-B): a mixture of adversarial and clean users with their true positions.

The training is on-line: each step crafts its examples against the current network. Each batch draws one of the attacks.
Each user draws an epsilon between 0 and the largest, or has the largest. With one step from a random start, no clean
users and a fixed epsilon, this is the fast adversarial training of Wong, Rice & Kolter (ICLR 2020).
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.losses import SquaredError
from robustloc.defences.parts.base import Defence, drawn_attack, epsilons


def build(
    *, attacks: list[Callable], clean_share: float = 0.5, epsilon: Literal["fixed", "drawn"] = "drawn"
) -> "Adversarial":
    """Build the defence.

    Args:
        attacks: functions ``(loss, x, *, eps, generators) -> x`` that craft the examples; at least one.
        clean_share: share of each batch that stays clean, at least 0 and below 1.
        epsilon: see `robustloc.defences.parts.base.epsilons`; section IV-B does not say.

    Raises:
        ValueError: there is no attack, or the share is out of range.
    """
    if not attacks:
        raise ValueError("adversarial training needs at least one attack; name them under attacks")
    if not 0 <= clean_share < 1:
        raise ValueError(f"clean_share: expected at least 0 and below 1, found {clean_share}")
    return Adversarial(attacks, clean_share, epsilon)


class Adversarial(Defence):
    """Replaces a part of each batch by adversarial examples."""

    def __init__(self, attacks: list[Callable], clean_share: float, epsilon: str):
        self.attacks, self.clean_share, self.epsilon = attacks, clean_share, epsilon

    def on_batch(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> tuple[Tensor, Tensor]:
        """Return the batch: first the clean users, then the perturbed ones."""
        clean = round(self.clean_share * len(x))
        if clean == len(x):
            return x, y
        attack = drawn_attack(self.attacks, generators)
        # a user keeps the generator of its own place in the batch
        generators = generators[clean : len(x)]
        radii = epsilons(self.epsilon, x[clean:], eps, generators)
        perturbed = attack(SquaredError(localizer, y[clean:]), x[clean:], eps=radii, generators=generators)
        return torch.cat([x[:clean], perturbed]), y
