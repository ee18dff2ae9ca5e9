"""Adversarial training as the words of section IV-B read: the sets are crafted before, on the localizer as it starts.

The training set is the clean users and, for each attack, an adversarial copy of all of them; nothing is crafted anew
while the network changes. ``start`` names the localizer to craft on: an untrained one has no weakness to learn from.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.losses import squared_error
from robustloc.defences.parts.base import Defence, drawn_epsilons


def build(*, attacks: list[Callable]) -> "StaticAdversarial":
    """Build the defence.

    Args:
        attacks: one adversarial copy of the training users is made with each.
    """
    if not attacks:
        raise ValueError("static adversarial training needs at least one attack; name them under attacks")
    return StaticAdversarial(attacks)


class StaticAdversarial(Defence):
    """Adds adversarial copies to the training users."""

    def __init__(self, attacks: list[Callable]):
        self.attacks = attacks

    def on_training_set(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> tuple[Tensor, Tensor]:
        """Return the clean users and their adversarial copies, an epsilon between 0 and the largest each."""
        copies = [x]
        for attack in self.attacks:
            for users, positions in zip(x.split(len(generators)), y.split(len(generators)), strict=True):
                own = generators[: len(users)]
                epsilons = drawn_epsilons(users, eps, own)
                copies.append(attack(squared_error(localizer, positions), users, eps=epsilons, generators=own).detach())
        return torch.cat(copies), y.repeat(len(self.attacks) + 1, 1)
