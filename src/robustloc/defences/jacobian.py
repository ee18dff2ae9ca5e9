"""Jacobian regularisation (Hoffman, Roberts & Yaida 2019), with the exact Jacobian.

A position has three coordinates, so the Jacobian has three rows and costs three gradients. The paper estimates it from
random projections because its networks have many outputs. The defence uses no attack, so it cannot overfit to one.

A perturbation of at most epsilon per pixel moves coordinate k, to first order, by at most epsilon times the sum of the
absolute values of row k. The penalty is the Euclidean length of these three bounds [m].
"""

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.losses import evaluating
from robustloc.defences.parts.base import Defence, mean_distance


def build(*, weight: float = 1.0) -> "Jacobian":
    """Build the defence.

    Args:
        weight: weight of the first-order bound at the largest epsilon; the distance has weight 1.

    Raises:
        ValueError: the weight is not positive.
    """
    if weight <= 0:
        raise ValueError(f"weight: expected a positive number, found {weight}")
    return Jacobian(weight)


class Jacobian(Defence):
    """Adds the first-order bound on the movement of an estimate to the loss."""

    def __init__(self, weight: float):
        self.weight = weight

    def loss(self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]) -> Tensor:
        """Return the mean distance plus the weighted mean bound [m]."""
        return mean_distance(localizer(x), y) + self.weight * bound(localizer, x, eps).mean()


def bound(localizer: nn.Module, x: Tensor, eps: float) -> Tensor:
    """First-order bound (N,) [m] on how far a perturbation of at most eps per pixel moves each of N estimates.

    The bound is differentiable with respect to the weights. The localizer runs in eval mode, since batch statistics
    would mix the rows of different users.
    """
    x = x.detach().requires_grad_()
    with evaluating(localizer):
        estimate = localizer(x)
    rows = [torch.autograd.grad(axis.sum(), x, create_graph=True)[0] for axis in estimate.unbind(dim=1)]
    sums = torch.stack([row.abs().flatten(1).sum(dim=1) for row in rows], dim=1)
    return eps * torch.linalg.vector_norm(sums, dim=1)
