"""Free adversarial training (Shafahi et al., NeurIPS 2019): one backward pass moves both weights and perturbation.

Training presents each batch several times in a row. The backward pass that computes the gradient for the weights also
computes the gradient for the input. After each presentation, this gradient moves the perturbation by one sign step.
"""

import torch
from torch import Tensor, nn

from robustloc.attacks import gradient
from robustloc.attacks.parts.budget import bounded
from robustloc.attacks.parts.losses import SquaredError
from robustloc.attacks.parts.steps import project
from robustloc.defences.parts.base import Defence, drawn_epsilons, mean_distance

# an ADP is a magnitude, so no pixel may become negative
MINIMUM = 0.0


def build(*, repeats: int = 3) -> "FreeAdversarial":
    """Build the defence.

    Args:
        repeats: presentations of each batch (m in the paper), at least 2.

    Raises:
        ValueError: fewer than two presentations.
    """
    if repeats < 2:
        raise ValueError(f"repeats: expected at least 2, found {repeats}; the first presentation is clean")
    return FreeAdversarial(repeats)


class FreeAdversarial(Defence):
    """Keeps a perturbation from one presentation of a batch to the next."""

    def __init__(self, repeats: int):
        self.repeats, self.presented = repeats, 0

    def loss(self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]) -> Tensor:
        """Return the mean distance [m] of the perturbed users; the first presentation of a batch is clean."""
        if self.presented % self.repeats == 0:
            self.epsilons, self.perturbed = drawn_epsilons(x, eps, generators), x
        self.presented += 1
        self.clean, self.perturbed = x, self.perturbed.detach().requires_grad_()
        return mean_distance(localizer(self.perturbed), y)

    def after_backward(self) -> None:
        """Increase the loss by one sign step, then project the perturbation onto its ball."""
        moved = self.perturbed.detach() + self.epsilons * self.perturbed.grad.sign()
        self.perturbed = project(moved, self.clean, self.epsilons, "linf", MINIMUM)

    def score(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> Tensor:
        """Return the mean distance [m] under one sign step.

        A validation batch is presented once, so the perturbation of `loss` would stay zero.
        """
        loss, epsilons = SquaredError(localizer, y), drawn_epsilons(x, eps, generators)
        attack = bounded(gradient.perturb, "linf", "gradient")
        moved = attack(loss, x, eps=epsilons, norm="linf", steps=1, minimum=MINIMUM)
        return mean_distance(localizer(moved), y)
