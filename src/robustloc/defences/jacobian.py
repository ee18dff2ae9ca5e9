"""Jacobian regularisation (Hoffman, Roberts & Yaida 2019), exact: a position has three coordinates, so three rows.

Needs no attack, and so cannot have been fitted to one. A perturbation of at most epsilon per pixel moves coordinate k
by at most epsilon times the absolute sum of row k, to first order: the penalty is the length of these three bounds [m].
"""

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.losses import evaluating
from robustloc.defences.parts.base import Defence, mean_distance


def build(*, weight: float = 1.0) -> "Jacobian":
    """Build the defence.

    Args:
        weight: of the first-order bound at the largest epsilon, beside the distance.
    """
    if weight <= 0:
        raise ValueError(f"weight: expected a positive number, found {weight}")
    return Jacobian(weight)


class Jacobian(Defence):
    """Adds the first-order bound on what a perturbation does to the loss."""

    def __init__(self, weight: float):
        self.weight = weight

    def loss(self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]) -> Tensor:
        """Return the mean distance and, weighted, the mean bound."""
        return mean_distance(localizer(x), y) + self.weight * bound(localizer, x, eps).mean()


def bound(localizer: nn.Module, x: Tensor, eps: float) -> Tensor:
    """First-order bound [m] on how far a perturbation of at most eps per pixel moves each of N estimates: (N,).

    In eval mode, since batch statistics would mix the users' rows; differentiable with respect to the weights.
    """
    x = x.detach().requires_grad_()
    with evaluating(localizer):
        estimate = localizer(x)
    rows = [torch.autograd.grad(axis.sum(), x, create_graph=True)[0] for axis in estimate.unbind(dim=1)]
    sums = torch.stack([row.abs().flatten(1).sum(dim=1) for row in rows], dim=1)
    return eps * torch.linalg.vector_norm(sums, dim=1)
