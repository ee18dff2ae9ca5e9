"""Free adversarial training (Shafahi et al., NeurIPS 2019): one backward pass moves both weights and perturbation.

Each batch is presented several times in a row; the gradient of the loss with respect to the input, which comes with
that of the weights, moves the batch's perturbation by one sign step before it is presented again.
"""

import torch
from torch import Tensor, nn

from robustloc.attacks import gradient
from robustloc.attacks.parts.losses import squared_error
from robustloc.attacks.parts.steps import project
from robustloc.defences.parts.base import Defence, drawn_epsilons, mean_distance

# An ADP is a magnitude.
MINIMUM = 0.0


def build(*, repeats: int = 3) -> "FreeAdversarial":
    """Build the defence.

    Args:
        repeats: m of the paper, presentations of each batch.
    """
    if repeats < 2:
        raise ValueError(f"repeats: expected at least 2, found {repeats}; the first one is clean")
    return FreeAdversarial(repeats)


class FreeAdversarial(Defence):
    """Carries a perturbation through the presentations of a batch."""

    def __init__(self, repeats: int):
        self.repeats, self.presented = repeats, 0

    def loss(self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]) -> Tensor:
        """Return the mean distance of the perturbed users; the first presentation of a batch is clean."""
        if self.presented % self.repeats == 0:
            self.epsilons, self.perturbed = drawn_epsilons(x, eps, generators), x
        self.presented += 1
        self.clean, self.perturbed = x, self.perturbed.detach().requires_grad_()
        return mean_distance(localizer(self.perturbed), y)

    def after_backward(self) -> None:
        """Step up the loss, and back into the ball."""
        moved = self.perturbed.detach() + self.epsilons * self.perturbed.grad.sign()
        self.perturbed = project(moved, self.clean, self.epsilons, "linf", MINIMUM)

    def score(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> Tensor:
        """Return the mean distance under one sign step, as in training."""
        loss, epsilons = squared_error(localizer, y), drawn_epsilons(x, eps, generators)
        moved = gradient.perturb(loss, x, eps=epsilons, norm="linf", steps=1, minimum=MINIMUM)
        return mean_distance(localizer(moved), y)
