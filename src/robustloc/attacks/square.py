"""Square attack (Andriushchenko et al., ECCV 2020): random search without gradients.

Each query sets a random square of the perturbation to plus or minus eps and keeps it where the loss grew. Losses that
gradients cannot climb, such as behind a rounded input, hide nothing from it.
"""

from functools import partial

import torch
from torch import Tensor

from robustloc.attacks.parts.steps import Best, Generators, Loss, check_norm, like, sources, value

# Queries of 10,000 after which the share of pixels that a square covers is halved (as published)
HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)


def perturb(
    loss: Loss,
    x: Tensor,
    *,
    eps: float | Tensor,
    norm: str,
    generators: Generators | None = None,
    queries: int = 200,
    share: float = 0.8,
    minimum: float | None = None,
) -> Tensor:
    """Perturb inputs within a linf budget so that their losses grow; the best point found.

    Args:
        loss, x, eps, generators, minimum: see `robustloc.attacks.gradient`. Squares lie in the last two axes of x.
        norm: ``linf`` alone.
        queries: losses asked for, beside that of x.
        share: of the pixels that the first squares cover.
    """
    check_norm(norm, ("linf",))
    if queries < 1 or not 0 < share <= 1:
        raise ValueError("expected queries >= 1 and 0 < share <= 1")
    x = x.detach()
    plane = x if x.ndim > 2 else x.unsqueeze(1)
    height, width = plane.shape[-2:]
    # each sample's random numbers are its own: signs of the stripes; row, column and sign of every query's square
    generators = sources(x, generators)
    stripes = torch.stack([torch.rand(width, generator=generator, dtype=x.dtype) for generator in generators]).to(x)
    draws = torch.stack([torch.rand(queries, 3, generator=generator, dtype=x.dtype) for generator in generators]).to(x)
    spread = partial(_spread, plane=plane, shape=x.shape)
    offset = eps * spread((stripes - 0.5).sign()[:, None])
    best = Best(x)
    best.offer(x, value(loss, x))
    for query in range(queries):
        if query:
            side = _side(query, queries, share, height, width)
            row, column, sign = draws[:, query].unbind(dim=1)
            tall, wide = _window(row, height, side), _window(column, width, side)
            inside = spread(tall[:, :, None] & wide[:, None])
            offset = torch.where(inside, eps * like((sign - 0.5).sign(), x), best.point - x)
        point = x + offset
        point = point if minimum is None else point.clamp_min(minimum)
        best.offer(point, value(loss, point))
    return best.point


def _spread(pattern: Tensor, plane: Tensor, shape: torch.Size) -> Tensor:
    """Repeat a pattern per sample (N, height or 1, width) over the planes that samples of a shape are made of."""
    return pattern.view(len(plane), *[1] * (plane.ndim - 3), *pattern.shape[1:]).expand_as(plane).reshape(shape)


def _side(query: int, queries: int, share: float, height: int, width: int) -> int:
    """Side of the squares of a query [pixels], after the published schedule stretched to `queries`."""
    halvings = sum(query * 10_000 / queries > step for step in HALVINGS)
    return max(1, round((share / 2**halvings * height * width) ** 0.5))


def _window(draw: Tensor, size: int, side: int) -> Tensor:
    """Return which of `size` places lie in each sample's window of that side, at a random position (N, size)."""
    side, places = min(side, size), torch.arange(size, device=draw.device)
    first = (draw * (size - side + 1)).floor()[:, None]
    return (places >= first) & (places < first + side)
