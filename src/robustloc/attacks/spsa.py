"""SPSA (Uesato et al., ICML 2018): gradient ascent with a gradient that is estimated from losses alone."""

import torch
from torch import Tensor

from robustloc.attacks.parts.steps import (
    Best,
    Generators,
    Loss,
    check_eps,
    check_norm,
    check_positive,
    like,
    project,
    sources,
    steepest,
    value,
)

# Distance of a difference's two points from the middle, in units of eps: in every pixel for linf, in all pixels
# together for l2.
PROBE = 0.5


def perturb(
    loss: Loss,
    x: Tensor,
    *,
    eps: float | Tensor,
    norm: str,
    generators: Generators | None = None,
    steps: int = 10,
    step: float = 2.5,
    directions: int = 8,
    minimum: float | None = None,
) -> Tensor:
    """Perturb inputs within a budget so that their losses grow; return the best point found.

    Args:
        loss, x, eps, norm, generators, minimum: see `robustloc.attacks.gradient.perturb`.
        steps: number of steps N; each evaluates 2 `directions` + 1 losses.
        step: length of a step, in units of eps / N.
        directions: number of random sign vectors; the gradient is estimated from two-sided differences along them.
    """
    check_norm(norm)
    check_eps(eps)
    check_positive(step=step)
    if steps < 1 or directions < 1:
        raise ValueError("expected steps >= 1 and directions >= 1")
    x, generators = x.detach(), sources(x, generators)
    length = PROBE * eps / (1 if norm == "linf" else x[0].numel() ** 0.5)
    point, best = x, Best(x)
    best.offer(x, value(loss, x))
    for _ in range(steps):
        # not divided by the distance of the two points: only the direction of the estimate counts
        estimate = torch.zeros_like(x)
        for _ in range(directions):
            signs = torch.stack([torch.randint(2, x.shape[1:], generator=g) * 2 - 1 for g in generators]).to(x)
            change = value(loss, point + length * signs) - value(loss, point - length * signs)
            estimate += like(change, x) * signs
        point = project(point + step * eps / steps * steepest(estimate, norm), x, eps, norm, minimum)
        best.offer(point, value(loss, point))
    return best.point
