"""Adversarial training with sets that are crafted once, before training: the literal reading of section IV-B.

The training set holds the clean users and, for each attack, an adversarial copy of all of them. The copies stay the
same while the network changes. ``start`` names the trained localizer to craft on; examples that are crafted on an
untrained localizer show no weakness of a trained one.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.losses import SquaredError
from robustloc.defences.parts.base import Defence, epsilons


def build(*, attacks: list[Callable], epsilon: Literal["fixed", "drawn"] = "drawn") -> "StaticAdversarial":
    """Build the defence.

    Args:
        attacks: functions ``(loss, x, *, eps, generators) -> x``; each makes one copy of the training users.
        epsilon: see `robustloc.defences.parts.base.epsilons`; section IV-B does not say.

    Raises:
        ValueError: there is no attack.
    """
    if not attacks:
        raise ValueError("static adversarial training needs at least one attack; name them under attacks")
    return StaticAdversarial(attacks, epsilon)


class StaticAdversarial(Defence):
    """Adds adversarial copies to the training users."""

    def __init__(self, attacks: list[Callable], epsilon: str):
        self.attacks, self.epsilon = attacks, epsilon

    def on_training_set(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> tuple[Tensor, Tensor]:
        """Return the clean users and their adversarial copies."""
        copies = [x]
        for attack in self.attacks:
            # there is one generator per place in a batch, so the training users are crafted batch by batch
            for users, positions in zip(x.split(len(generators)), y.split(len(generators)), strict=True):
                own = generators[: len(users)]
                radii = epsilons(self.epsilon, users, eps, own)
                copies.append(attack(SquaredError(localizer, positions), users, eps=radii, generators=own).detach())
        return torch.cat(copies), y.repeat(len(self.attacks) + 1, 1)
