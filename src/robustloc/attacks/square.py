"""Square attack (Andriushchenko et al., ECCV 2020): random search without gradients.

Each query sets a random square of the perturbation to plus or minus eps and keeps it for the samples whose loss grew.
The search also works where a loss has no useful gradient, for example behind a rounded input.
"""

from functools import partial

import torch
from torch import Tensor

from robustloc.attacks.parts.steps import Best, Generators, Loss, check_eps, check_norm, like, sources, value

# Share of the pixels that the first squares cover (as published)
SHARE = 0.8
# Queries, out of 10,000, after which the share of the pixels that a square covers is halved (as published)
HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)


def perturb(
    loss: Loss,
    x: Tensor,
    *,
    eps: float | Tensor,
    norm: str,
    generators: Generators | None = None,
    queries: int = 200,
    minimum: float | None = None,
) -> Tensor:
    """Perturb inputs within a linf budget so that their losses grow; return the best point found.

    Args:
        loss, x, eps, generators, minimum: see `robustloc.attacks.gradient.perturb`. The squares lie in the last two
            axes of x.
        norm: ``linf``; the attack is not defined for other norms.
        queries: number of perturbed inputs whose losses are evaluated.
    """
    check_norm(norm, ("linf",))
    check_eps(eps)
    if queries < 1:
        raise ValueError("expected queries >= 1")
    x = x.detach()
    plane = x if x.ndim > 2 else x.unsqueeze(1)
    height, width = plane.shape[-2:]
    # per sample, from its own generator: signs of the first stripes, then row, column and sign of each query's square
    generators = sources(x, generators)
    stripes = torch.stack([torch.rand(width, generator=generator, dtype=x.dtype) for generator in generators]).to(x)
    draws = torch.stack([torch.rand(queries, 3, generator=generator, dtype=x.dtype) for generator in generators]).to(x)
    spread = partial(_spread, plane=plane, shape=x.shape)
    offset = eps * spread((stripes - 0.5).sign()[:, None])
    best = Best(x)
    best.offer(x, value(loss, x))
    for query in range(queries):
        if query:  # the first query evaluates the stripes
            side = _side(query, queries, height, width)
            row, column, sign = draws[:, query].unbind(dim=1)
            tall, wide = _window(row, height, side), _window(column, width, side)
            inside = spread(tall[:, :, None] & wide[:, None])
            offset = torch.where(inside, eps * like((sign - 0.5).sign(), x), best.point - x)
        point = x + offset
        point = point if minimum is None else point.clamp_min(minimum)
        best.offer(point, value(loss, point))
    return best.point


def _spread(pattern: Tensor, plane: Tensor, shape: torch.Size) -> Tensor:
    """Repeat one pattern per sample (N, height or 1, width) over all planes of that sample; the result has `shape`."""
    return pattern.view(len(plane), *[1] * (plane.ndim - 3), *pattern.shape[1:]).expand_as(plane).reshape(shape)


def _side(query: int, queries: int, height: int, width: int) -> int:
    """Return the side of a query's squares [pixels]: the published schedule, stretched to `queries`."""
    halvings = sum(query * 10_000 / queries > step for step in HALVINGS)
    return max(1, round((SHARE / 2**halvings * height * width) ** 0.5))


def _window(draw: Tensor, size: int, side: int) -> Tensor:
    """Return which of `size` pixels lie in each sample's window of length `side` at a random position (N, size)."""
    side, places = min(side, size), torch.arange(size, device=draw.device)
    first = (draw * (size - side + 1)).floor()[:, None]
    return (places >= first) & (places < first + side)
