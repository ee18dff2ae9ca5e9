"""Free adversarial training (Shafahi et al., NeurIPS 2019): one backward pass moves both weights and perturbation.

Training presents each batch several times in a row. The backward pass that computes the gradient for the weights also
computes the gradient for the input. After each presentation, this gradient moves the perturbation by one sign step.

As in Algorithm 1 of the paper, a perturbation belongs to a place in the batch, not to a user: a batch begins with the
perturbations that the batch before it ended with. The paper starts from zero once, this defence in each epoch, so that
training can continue after a kill.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from robustloc.attacks import gradient
from robustloc.attacks.parts.budget import bounded
from robustloc.attacks.parts.losses import SquaredError
from robustloc.attacks.parts.steps import project
from robustloc.defences.parts.base import Defence, epsilons, mean_distance

# an ADP is a magnitude, so no pixel may become negative
MINIMUM = 0.0


def build(*, repeats: int = 3, epsilon: Literal["fixed", "drawn"] = "fixed") -> "FreeAdversarial":
    """Build the defence.

    Args:
        repeats: presentations of each batch (m in the paper), at least 2.
        epsilon: see `robustloc.defences.parts.base.epsilons`; fixed in the paper.

    Raises:
        ValueError: fewer than two presentations.
    """
    if repeats < 2:
        raise ValueError(f"repeats: expected at least 2, found {repeats}; the first one only sees other users' steps")
    return FreeAdversarial(repeats, epsilon)


class FreeAdversarial(Defence):
    """Keeps a perturbation for each place in a batch, from one presentation to the next."""

    def __init__(self, repeats: int, epsilon: str):
        self.repeats, self.epsilon = repeats, epsilon
        self.on_epoch()

    def on_epoch(self) -> None:
        """Start from zero perturbations."""
        self.presented, self.offset = 0, None

    def loss(self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]) -> Tensor:
        """Return the mean distance [m] of the perturbed users."""
        if self.offset is None:  # one for each place: the last batch of an epoch may have fewer users
            self.offset = x.new_zeros(len(generators), *x.shape[1:])
        if self.presented % self.repeats == 0:
            self.radii = epsilons(self.epsilon, x, eps, generators)
        self.presented += 1
        perturbed = project(x + self.offset[: len(x)], x, self.radii, "linf", MINIMUM)
        self.perturbed = perturbed.requires_grad_()
        return mean_distance(localizer(self.perturbed), y)

    def after_backward(self) -> None:
        """Increase the loss by one sign step, and keep the perturbation in its ball."""
        own = self.offset[: len(self.perturbed)]
        moved = own + self.radii * self.perturbed.grad.sign()
        own.copy_(project(moved, torch.zeros_like(moved), self.radii, "linf"))

    def score(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> Tensor:
        """Return the mean distance [m] under one sign step.

        A validation batch is presented once, so `loss` would show it the perturbations of other users alone.
        """
        loss, radii = SquaredError(localizer, y), epsilons(self.epsilon, x, eps, generators)
        attack = bounded(gradient.perturb, "linf", "gradient")
        moved = attack(loss, x, eps=radii, norm="linf", steps=1, minimum=MINIMUM)
        return mean_distance(localizer(moved), y)
