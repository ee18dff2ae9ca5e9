"""Auto-PGD (Croce & Hein, ICML 2020, Algorithm 1) on any loss per sample: no step size to choose.

Each sample starts with steps of 2 eps, with momentum, and halves them, going back to its best point, whenever a stretch
of the budgeted steps brought too little: fewer than a share `rho` of them raised the loss, or neither the step nor the
best loss changed.
"""

import torch
from torch import Tensor

from robustloc.attacks.parts.steps import (
    Best,
    Generators,
    Loss,
    check_norm,
    like,
    project,
    random_point,
    size,
    sources,
    steepest,
    value,
    value_and_gradient,
)

# share of a step that goes the new way; the rest goes on as the last one did
FRESH = 0.75


def perturb(
    loss: Loss,
    x: Tensor,
    *,
    eps: float | Tensor,
    norm: str,
    generators: Generators | None = None,
    steps: int = 40,
    restarts: int = 1,
    rho: float = 0.75,
    minimum: float | None = None,
) -> Tensor:
    """Perturb inputs within a budget so that their losses grow; the best point found.

    Args:
        loss, x, eps, norm, generators, minimum: see `robustloc.attacks.gradient.perturb`.
        steps: gradients per start.
        restarts: random starts; the best of all is returned.
        rho: share of the steps of a stretch that must raise the loss for the step to stay as long as it is.
    """
    check_norm(norm)
    if steps < 1 or restarts < 1:
        raise ValueError("expected steps >= 1 and restarts >= 1")
    x, generators, best = x.detach(), sources(x, generators), Best(x.detach())
    for _ in range(restarts):
        start = project(random_point(x, eps, norm, generators), x, eps, norm, minimum)
        point = _climb(loss, x, start, eps=eps, norm=norm, steps=steps, rho=rho, minimum=minimum)
        best.offer(point.point, point.loss)
    return best.point


def judged_after(steps: int) -> list[int]:
    """Return the steps after which progress is judged, at the shares 0.22, 0.41, … of them (as published)."""
    percent = [0, 22]
    while (following := percent[-1] + max(percent[-1] - percent[-2] - 3, 6)) < 100:
        percent.append(following)
    return sorted({-(-share * steps // 100) for share in percent[1:]})


def _climb(
    loss: Loss,
    x: Tensor,
    start: Tensor,
    *,
    eps: float | Tensor,
    norm: str,
    steps: int,
    rho: float,
    minimum: float | None,
) -> Best:
    losses, gradient = value_and_gradient(loss, start)
    best, best_gradient, before, point = Best(x), gradient, start, start
    best.offer(start, losses)
    length = 2 * eps * torch.ones_like(size(x, norm))
    raised, last = torch.zeros(len(x), device=x.device), 0
    best_then, halved_then = best.loss, torch.zeros(len(x), dtype=torch.bool, device=x.device)
    judged = judged_after(steps)
    for k in range(1, steps + 1):
        ahead = project(point + length * steepest(gradient, norm), x, eps, norm, minimum)
        fresh = FRESH if k > 1 else 1.0
        moved = point + fresh * (ahead - point) + (1 - fresh) * (point - before)
        before, point, earlier = point, project(moved, x, eps, norm, minimum), losses
        if k == steps:
            best.offer(point, value(loss, point))
            break
        losses, gradient = value_and_gradient(loss, point)
        raised += losses > earlier
        best_gradient = torch.where(like(best.offer(point, losses), x), gradient, best_gradient)
        if k in judged:
            halve = (raised < rho * (k - last)) | (~halved_then & (best.loss <= best_then))
            back = like(halve, x)
            length = torch.where(back, length / 2, length)
            point, gradient = torch.where(back, best.point, point), torch.where(back, best_gradient, gradient)
            losses = torch.where(halve, best.loss, losses)
            best_then, halved_then, last, raised = best.loss, halve, k, torch.zeros_like(raised)
    return best
