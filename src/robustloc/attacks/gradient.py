"""Attacks along the loss gradient: one loop, of which FGSM, FGM, PGD and MIM are settings.

    q   <- momentum * q + gradient, normalised per sample   (without momentum: the gradient)
    x   <- x + step * eps / steps * direction(q)            sign for a linf budget, q / |q|_2 for l2
    x   <- nearest point of the ball around the start, at or above `minimum`

Eq. (11) is one step of norm linf, Eq. (12) one of norm l2, Eq. (13) N of them with step 1 (alpha = eps / N, whose Clip
can then never bind), Eq. (14) adds momentum with gradients normalised in l2 to the linf form.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor

NORMS = ("linf", "l2")
MOMENTUM_NORMS = ("l1", "l2")


def perturb(
    loss: Callable[[Tensor], Tensor],
    x: Tensor,
    *,
    eps: float | Tensor,
    norm: str,
    generators: Sequence[torch.Generator],
    steps: int = 10,
    step: float = 1.0,
    momentum: float = 0.0,
    momentum_norm: Literal["l1", "l2"] = "l1",
    random_start: bool = False,
    keep_best: bool = False,
    minimum: float | None = None,
) -> Tensor:
    """Perturb inputs within a budget so that their losses grow.

    Args:
        loss: inputs (N, …) -> losses (N,).
        x: clean inputs (N, …).
        eps: radius of the ball.
        norm: ``linf`` or ``l2``.
        generators: one per sample, for the random start.
        steps: number of gradient steps N.
        step: length of a step, in units of eps / N.
        momentum: decay mu of the accumulated gradient; 0 is none.
        momentum_norm: how gradients are normalised before they are accumulated: ``l2`` as Eq. (14), ``l1`` as Dong et
            al. (CVPR 2018).
        random_start: start from a random point of the ball instead of x.
        keep_best: return the point of largest loss on the way, start included, instead of the last one.
        minimum: smallest admissible input, such as 0 for a magnitude; None is no bound.
    """
    if norm not in NORMS or momentum_norm not in MOMENTUM_NORMS or steps < 1:
        raise ValueError(f"expected norm in {NORMS}, momentum_norm in {MOMENTUM_NORMS} and steps >= 1")
    x = x.detach()
    point = project(_random_point(x, eps, norm, generators), x, eps, norm, minimum) if random_start else x
    best, best_loss = point, torch.full((len(x),), -torch.inf, dtype=x.dtype, device=x.device)
    memory = torch.zeros_like(x)
    for _ in range(steps):
        value, gradient = _value_and_gradient(loss, point)
        if keep_best:
            best, best_loss = _better(best, best_loss, point, value)
        if momentum:
            memory = momentum * memory + _unit(gradient, momentum_norm)
            gradient = memory
        direction = gradient.sign() if norm == "linf" else _unit(gradient, "l2")
        point = project(point + step * eps / steps * direction, x, eps, norm, minimum)
    if keep_best:
        with torch.no_grad():
            point, _ = _better(best, best_loss, point, loss(point))
    return point


def project(point: Tensor, center: Tensor, eps: float | Tensor, norm: str, minimum: float | None = None) -> Tensor:
    """Return the point of the ball around `center` nearest to `point`, then lifted to `minimum`.

    Lifting never leaves the ball, because the centers are at or above `minimum` themselves.
    """
    offset = point - center
    if norm == "linf":
        eps = torch.as_tensor(eps, dtype=point.dtype, device=point.device)
        offset = torch.minimum(torch.maximum(offset, -eps), eps)
    else:
        offset = offset * (eps / _size(offset, 2).clamp_min(torch.finfo(point.dtype).tiny)).clamp_max(1.0)
    moved = center + offset
    return moved if minimum is None else moved.clamp_min(minimum)


def _value_and_gradient(loss: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    with torch.inference_mode(False), torch.enable_grad():
        x = x.clone().requires_grad_()
        value = loss(x)
        # the sum, not the mean: a sample's gradient does not depend on how many others there are
        (gradient,) = torch.autograd.grad(value.sum(), x)
    return value.detach(), gradient


def _better(best: Tensor, best_loss: Tensor, point: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    wins = value > best_loss
    return torch.where(_per_sample(wins, point), point, best), torch.where(wins, value, best_loss)


def _unit(gradient: Tensor, norm: str) -> Tensor:
    """Scale each sample to unit norm; a zero gradient stays zero."""
    size = _size(gradient, 1 if norm == "l1" else 2)
    return gradient / size.clamp_min(torch.finfo(gradient.dtype).tiny)


def _size(values: Tensor, order: int) -> Tensor:
    size = torch.linalg.vector_norm(values.flatten(1), ord=order, dim=1)
    return _per_sample(size, values)


def _per_sample(values: Tensor, like: Tensor) -> Tensor:
    return values.view(-1, *[1] * (like.ndim - 1))


def _random_point(x: Tensor, eps: float | Tensor, norm: str, generators: Sequence[torch.Generator]) -> Tensor:
    """Draw a point of the ball: uniform for linf; for l2 a uniform direction and radius."""
    shape = x.shape[1:]
    if norm == "linf":
        uniform = torch.stack([torch.rand(shape, generator=g, dtype=x.dtype) for g in generators])
        return x + eps * (2 * uniform - 1).to(x.device)
    direction = torch.stack([torch.randn(shape, generator=g, dtype=x.dtype) for g in generators]).to(x.device)
    radius = torch.stack([torch.rand((), generator=g, dtype=x.dtype) for g in generators]).to(x.device)
    return x + eps * _per_sample(radius, x) * _unit(direction, "l2")
