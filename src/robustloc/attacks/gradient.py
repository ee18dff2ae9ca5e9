"""Attacks along the loss gradient: one loop, of which FGSM, FGM, PGD and MIM are settings.

    q   <- momentum * q + gradient, normalised per sample   (without momentum: the gradient)
    x   <- x + step * eps / steps * direction(q)            sign for a linf budget, q / |q|_2 for l2
    x   <- nearest point of the ball around the start, at or above `minimum`

Eq. (11) is one step of norm linf, Eq. (12) one of norm l2, Eq. (13) N of them with step 1 (alpha = eps / N, whose Clip
can then never bind), Eq. (14) adds momentum with gradients normalised in l2 to the linf form.
"""

from typing import Literal

import torch
from torch import Tensor

from robustloc.attacks.parts.steps import (
    Best,
    Generators,
    Loss,
    check_norm,
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
        eps: radius of the ball; a number, or one per sample that broadcasts against x.
        norm: ``linf`` or ``l2``.
        generators: one per sample, for the random start; without, sample n's is seeded with n.
        steps: number of gradient steps N.
        step: length of a step, in units of eps / N.
        shrink: let the length fall to zero over the steps, so that long first ones do no harm in the end.
        momentum: decay mu of the accumulated gradient; 0 is none.
        momentum_norm: how gradients are normalised before they are accumulated: ``l2`` as Eq. (14), ``l1`` as Dong et
            al. (CVPR 2018).
        random_start: start from a random point of the ball instead of x.
        start_radius: of the ball that starts are drawn from, in units of eps; less than 1 for complex inputs, of whose
            starts one half goes into phases and leads nowhere.
        restarts: run so often, each from a random start of its own, and return each sample's largest loss.
        keep_best: return the point of largest loss on the way, start included, instead of the last one.
        minimum: smallest admissible input, such as 0 for a magnitude; None is no bound.
    """
    if steps < 1 or restarts < 1 or (restarts > 1 and not random_start):
        raise ValueError("expected steps >= 1 and restarts >= 1, and random_start for more than one restart")
    options = {"steps": steps, "step": step, "shrink": shrink, "momentum": momentum, "momentum_norm": momentum_norm}
    options |= {"keep_best": keep_best, "minimum": minimum}
    x, generators = x.detach(), sources(x, generators)
    if not random_start:
        return _climb(loss, x, x, None, eps=eps, norm=norm, **options)
    best = Best(x)
    for _ in range(restarts):
        start = project(random_point(x, start_radius * eps, norm, generators), x, eps, norm, minimum)
        point = _climb(loss, x, start, None, eps=eps, norm=norm, **options)
        if restarts == 1:
            return point
        best.offer(point, value(loss, point))
    return best.point


def sweep(loss: Loss, x: Tensor, settings: list[dict]) -> list[Tensor]:
    """Perturb in several ways that all start at x, such as FGSM and FGM at many epsilons, from one gradient there.

    Args:
        loss, x: see `perturb`.
        settings: K sets of options of `perturb`, ``eps`` and ``norm`` among them, without random start.

    Returns:
        K tensors (N, …), as `perturb` would have returned one by one.
    """
    x = x.detach()
    first = value_and_gradient(loss, x)
    return [_climb(loss, x, x, first, **options) for options in settings]


def _climb(
    loss: Loss,
    x: Tensor,
    start: Tensor,
    first: tuple[Tensor, Tensor] | None,
    *,
    eps: float | Tensor,
    norm: str,
    steps: int = 10,
    step: float = 1.0,
    shrink: bool = False,
    momentum: float = 0.0,
    momentum_norm: str = "l1",
    keep_best: bool = False,
    minimum: float | None = None,
) -> Tensor:
    """Walk from `start`; `first` is the loss and gradient there, if they are known."""
    check_norm(norm)
    check_norm(momentum_norm, ("l1", "l2"))
    point, best, memory = start, Best(x), torch.zeros_like(x)
    for count in range(steps):
        losses, gradient = first or value_and_gradient(loss, point)
        first = None
        if keep_best:
            best.offer(point, losses)
        if momentum:
            gradient = memory = momentum * memory + unit(gradient, momentum_norm)
        length = step * eps / steps * (1 - count / steps if shrink else 1)
        point = project(point + length * steepest(gradient, norm), x, eps, norm, minimum)
    if keep_best:
        best.offer(point, value(loss, point))
        return best.point
    return point
