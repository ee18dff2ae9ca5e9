"""Auto-PGD (Croce & Hein, ICML 2020, Algorithm 1) on any per-sample loss: no step size to choose.

Each sample starts with steps of length 2 eps, with momentum. At fixed checkpoints the progress since the last one is
judged. A sample that made too little progress halves its step and returns to its best point. Progress is too little if
fewer than a share `RHO` of the steps raised the loss, or if neither the step length nor the best loss changed.
"""

import torch
from torch import Tensor

from robustloc.attacks.parts.steps import (
    Best,
    Generators,
    Loss,
    check_eps,
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

# Weight of the new direction in a step; the rest repeats the last step (1 - alpha and alpha of the paper)
FRESH = 0.75
# Share of the steps between two checkpoints that must raise the loss for the step length to stay (rho of the paper)
RHO = 0.75


def perturb(
    loss: Loss,
    x: Tensor,
    *,
    eps: float | Tensor,
    norm: str,
    generators: Generators | None = None,
    steps: int = 40,
    restarts: int = 1,
    minimum: float | None = None,
) -> Tensor:
    """Perturb inputs within a budget so that their losses grow; return the best point found.

    Args:
        loss, x, eps, norm, generators, minimum: see `robustloc.attacks.gradient.perturb`.
        steps: number of gradients per start.
        restarts: number of random starts; each sample keeps its best point.
    """
    check_norm(norm)
    check_eps(eps)
    if steps < 1 or restarts < 1:
        raise ValueError("expected steps >= 1 and restarts >= 1")
    x, generators, best = x.detach(), sources(x, generators), Best(x.detach())
    for _ in range(restarts):
        start = project(random_point(x, eps, norm, generators), x, eps, norm, minimum)
        point = _ascend(loss, x, start, eps=eps, norm=norm, steps=steps, minimum=minimum)
        best.offer(point.point, point.loss)
    return best.point


def judged_after(steps: int) -> list[int]:
    """Return the steps after which progress is judged: at the shares 0.22, 0.41, … of all steps (as published)."""
    percent = [0, 22]
    while (following := percent[-1] + max(percent[-1] - percent[-2] - 3, 6)) < 100:
        percent.append(following)
    return sorted({-(-share * steps // 100) for share in percent[1:]})


def _ascend(
    loss: Loss,
    x: Tensor,
    start: Tensor,
    *,
    eps: float | Tensor,
    norm: str,
    steps: int,
    minimum: float | None,
) -> Best:
    """Take the steps from one random start."""
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
        if k == steps:  # nothing follows the last gradient, so it is not computed
            best.offer(point, value(loss, point))
            break
        losses, gradient = value_and_gradient(loss, point)
        raised += losses > earlier
        best_gradient = torch.where(like(best.offer(point, losses), x), gradient, best_gradient)
        if k in judged:
            halve = (raised < RHO * (k - last)) | (~halved_then & (best.loss <= best_then))
            back = like(halve, x)
            length = torch.where(back, length / 2, length)
            point, gradient = torch.where(back, best.point, point), torch.where(back, best_gradient, gradient)
            losses = torch.where(halve, best.loss, losses)
            best_then, halved_then, last, raised = best.loss, halve, k, torch.zeros_like(raised)
    return best
