"""Displacement along directions: an attack for position estimates that does not stop at the first local maximum.

The error |f(x) - y| is the largest of <f(x) - y, u> over the unit vectors u, and each u leads to a maximum of its own.
Gradient ascent on the squared error follows the direction in which the estimate moves first, which is rarely the worst.
So this attack ascends along several directions of the plane and carries the best one on with the squared error, as the
multi-targeted attack of Gowal et al. (2019) does with the classes of a classifier.

1. The first direction is the worst one of a linear model of the network at x; the others are spaced evenly from it.
2. A network may propose directions in the space of its inputs (`robustloc.attacks.parts.seeing_through.candidates`).
   The farthest point of the budget along each is tried.
3. Each ascent along a direction starts at a random point. Its ball has three times the budget at first and shrinks to
   the budget, as in the schedule of Croce & Hein (ICML 2021) for L1. Steps are long at first and shrink along a cosine.
4. The same ascent on the squared error starts from each user's best point.
"""

import math

import torch
from torch import Tensor

from robustloc.attacks.parts.losses import mean_square
from robustloc.attacks.parts.steps import (
    Best,
    Generators,
    Loss,
    check_eps,
    check_norm,
    project,
    random_point,
    size,
    sources,
    steepest,
    unit,
    value,
)

# Share of the old direction in a step
MOMENTUM = 0.5
# Radius at the first step along a direction [eps], and the share of the steps in which it shrinks to eps
RADIUS, SHRINKS = 3.0, 0.65
# Length of the first and of the last step [eps]
FIRST, LAST = 2.0, 0.02
# Directions that the linear model compares
COMPARED = 16


@torch.inference_mode(False)
def perturb(
    loss: Loss,
    x: Tensor,
    *,
    eps: float | Tensor,
    norm: str,
    generators: Generators | None = None,
    directions: int = 4,
    steps: int = 20,
    last_steps: int = 200,
    minimum: float | None = None,
) -> Tensor:
    """Perturb inputs within a budget so that the errors of position estimates grow; return the best point found.

    Args:
        loss: a squared position error, with its ``displacements``; see `robustloc.attacks.parts.losses.SquaredError`.
        x, eps, norm, generators, minimum: see `robustloc.attacks.gradient.perturb`.
        directions: number of directions, each with a start of its own.
        steps: gradients per direction.
        last_steps: gradients of the ascent on the squared error.

    Raises:
        ValueError: a number is below 1, or the loss has no displacement, as that of an attack with a target.
    """
    check_norm(norm)
    check_eps(eps)
    if min(directions, steps, last_steps) < 1:
        raise ValueError("expected directions, steps and last_steps of at least 1")
    if not hasattr(loss, "displacements"):
        raise ValueError("expected the squared error of a position, found another loss; remove the attack's target")
    x, generators = x.detach().clone(), sources(x, generators)
    ball = {"eps": eps, "norm": norm, "minimum": minimum}
    best, worst = Best(x), _worst_direction(loss, x, eps, norm)
    best.offer(x, value(loss, x))
    for way in loss.candidates(x) if hasattr(loss, "candidates") else ():
        point = project(x + eps * steepest(way, norm), x, eps, norm, minimum)
        best.offer(point, value(loss, point))
    for number in range(directions):
        toward = _vectors(worst + 2 * math.pi * number / directions, x)
        start = project(random_point(x, eps, norm, generators), x, eps, norm, minimum)
        _ascend(loss, toward, x, start, best, steps=steps, first=FIRST, radius=RADIUS, **ball)
    _ascend(loss, None, x, best.point, best, steps=last_steps, first=1.0, radius=1.0, **ball)
    return best.point


def _ascend(
    loss: Loss,
    toward: Tensor | None,
    x: Tensor,
    start: Tensor,
    best: Best,
    *,
    eps: float | Tensor,
    norm: str,
    minimum: float | None,
    steps: int,
    first: float,
    radius: float,
) -> None:
    """Raise the displacement along unit vectors (N, 3), or the squared error without any; offer points of the ball."""
    point, direction, reach = start, torch.zeros_like(x), 1.0
    for step in range(steps + 1):
        with torch.set_grad_enabled(step < steps):
            moving = point.clone().requires_grad_(step < steps)
            found = loss.displacements(moving)
            error = mean_square(found)  # as the loss of x, with which it is compared
            if step < steps:
                raised = error if toward is None else (found.mean(dim=0) * toward).sum(dim=1)
                (gradient,) = torch.autograd.grad(raised.sum(), moving)
        if reach == 1:  # the point was projected onto the ball of the budget
            best.offer(point, error.detach())
        if step == steps:
            return
        share, after = step / max(1, steps - 1), min(1, (step + 1) / max(1, steps - 1))
        reach = max(1.0, radius - (radius - 1) * after / SHRINKS)
        length = eps * (LAST + (first - LAST) * (1 + math.cos(math.pi * share)) / 2)
        direction = MOMENTUM * direction + (1 - MOMENTUM) * unit(gradient, "l1" if norm == "linf" else "l2")
        point = project(point + length * steepest(direction, norm), x, reach * eps, norm, minimum)


def _worst_direction(loss: Loss, x: Tensor, eps: float | Tensor, norm: str) -> Tensor:
    """Return the angle (N,) of the direction in which a linear model of the network at x has the largest error.

    Over the air on the scale ``db`` the gradient of a sum is not the sum of the gradients, because a pixel at the floor
    can only rise (see `robustloc.data.tensor_scale`). Then the model is coarser. Sixteen gradients, one for each angle,
    raised errors by 0 to 3 %, which is about as much as other random starts change, so they are not worth a case.
    """
    with torch.enable_grad():
        moving = x.clone().requires_grad_()
        displacement = loss.displacements(moving).mean(dim=0)
        rows = [torch.autograd.grad(displacement[:, n].sum(), moving, retain_graph=n == 0)[0] for n in (0, 1)]
    angles = torch.arange(COMPARED, dtype=x.dtype, device=x.device) * (2 * math.pi / COMPARED)
    dual = "l1" if norm == "linf" else "l2"
    reached = [
        (displacement.detach() * _vectors(angle.expand(len(x)), x)).sum(dim=1)
        + (eps * size(angle.cos() * rows[0] + angle.sin() * rows[1], dual)).flatten()
        for angle in angles
    ]
    return angles[torch.stack(reached).argmax(dim=0)]


def _vectors(angle: Tensor, x: Tensor) -> Tensor:
    """Return unit vectors (N, 3) in the plane, in the type of x."""
    return torch.stack([angle.cos(), angle.sin(), torch.zeros_like(angle)], dim=1).to(x)
