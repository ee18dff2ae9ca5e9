"""Attacks that follow the gradient of the loss: one loop, of which FGSM, FGM, PGD and MIM are settings.

    q   <- momentum * q + gradient, normalised per sample   (without momentum: the gradient)
    x   <- x + step * eps / steps * direction(q)            sign(q) for linf, q / |q|_2 for l2
    x   <- nearest point of the ball around the start, at or above `minimum`

Eq. (11) is one step with norm linf, Eq. (12) one step with norm l2. Eq. (13) is N steps of length alpha = eps / N, with
which its Clip can never bind. Eq. (14) adds momentum to the linf form, with gradients normalised in l2.
"""

from typing import Literal

import torch
from torch import Tensor

from robustloc.attacks.parts.steps import (
    Best,
    Generators,
    Loss,
    check_eps,
    check_norm,
    check_positive,
    project,
    random_point,
    sources,
    steepest,
    unit,
    value,
    value_and_gradient,
)


def perturb(
    loss: Loss,
    x: Tensor,
    *,
    eps: float | Tensor,
    norm: str,
    generators: Generators | None = None,
    steps: int = 10,
    step: float = 1.0,
    shrink: bool = False,
    momentum: float = 0.0,
    momentum_norm: Literal["l1", "l2"] = "l1",
    random_start: bool = False,
    start_radius: float = 1.0,
    restarts: int = 1,
    keep_best: bool = False,
    minimum: float | None = None,
) -> Tensor:
    """Perturb inputs within a budget so that their losses grow.

    Args:
        loss: inputs (N, …) -> losses (N,).
        x: clean inputs (N, …).
        eps: radius of the ball; a number, or one value per sample that broadcasts against x.
        norm: ``linf`` or ``l2``.
        generators: one per sample, for the random start; if None, the generator of sample n has the seed n.
        steps: number of gradient steps N.
        step: length of a step, in units of eps / N.
        shrink: reduce the length of the steps linearly to zero, so that long first steps do no harm at the end.
        momentum: decay mu of the accumulated gradient; 0 means no momentum.
        momentum_norm: norm in which gradients are normalised before they are accumulated: ``l2`` as in Eq. (14), ``l1``
            as in Dong et al. (CVPR 2018).
        random_start: start from a random point of the ball instead of x.
        start_radius: radius of the ball of the random starts, in units of eps. A value below 1 suits complex inputs:
            half of a start's power goes into phases, which do not change the profile.
        restarts: number of runs, each from its own random start; each sample keeps its largest loss.
        keep_best: return the point of largest loss on the way, start included, instead of the last point.
        minimum: smallest admissible input, such as 0 for a magnitude; None means no bound.
    """
    check_norm(norm)
    check_eps(eps)
    check_norm(momentum_norm, ("l1", "l2"))
    check_positive(step=step, start_radius=start_radius)
    if not 0 <= momentum < float("inf"):
        raise ValueError(f"momentum: expected a finite number of at least 0, found {momentum}")
    if steps < 1 or restarts < 1 or (restarts > 1 and not random_start):
        raise ValueError("expected steps >= 1 and restarts >= 1, and random_start for more than one restart")
    options = {"steps": steps, "step": step, "shrink": shrink, "momentum": momentum, "momentum_norm": momentum_norm}
    options |= {"eps": eps, "norm": norm, "keep_best": keep_best, "minimum": minimum}
    x, generators = x.detach(), sources(x, generators)
    if not random_start:
        return _ascend(loss, x, x, **options)
    best = Best(x)
    for _ in range(restarts):
        start = project(random_point(x, start_radius * eps, norm, generators), x, eps, norm, minimum)
        point = _ascend(loss, x, start, **options)
        if restarts == 1:
            return point
        best.offer(point, value(loss, point))
    return best.point


def _ascend(
    loss: Loss,
    x: Tensor,
    start: Tensor,
    *,
    eps: float | Tensor,
    norm: str,
    steps: int,
    step: float,
    shrink: bool,
    momentum: float,
    momentum_norm: str,
    keep_best: bool,
    minimum: float | None,
) -> Tensor:
    """Take the steps of one run from `start`."""
    point, best, memory = start, Best(x), torch.zeros_like(x)
    for count in range(steps):
        losses, gradient = value_and_gradient(loss, point)
        if keep_best:
            best.offer(point, losses)
        if momentum:
            gradient = memory = momentum * memory + unit(gradient, momentum_norm)
        length = step * eps / steps * (1 - count / steps if shrink else 1)
        point = project(point + length * steepest(gradient, norm), x, eps, norm, minimum)
    if keep_best:
        # the loop has seen the losses of all points but the last one
        best.offer(point, value(loss, point))
        return best.point
    return point
