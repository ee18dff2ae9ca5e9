"""Random noise: the control. An attack is useful only if it does more than noise at the same budget."""

import torch
from torch import Tensor

from robustloc.attacks.parts.steps import Generators, Loss, check_eps, check_norm, draw, sources, unit


def perturb(
    loss: Loss,
    x: Tensor,
    *,
    eps: float | Tensor,
    norm: str,
    generators: Generators | None = None,
    minimum: float | None = None,
) -> Tensor:
    """Add a random sign times eps to every pixel (linf), or white Gaussian noise of length eps (l2).

    Args:
        loss: not used.
        x, eps, norm, generators, minimum: see `robustloc.attacks.gradient.perturb`.
    """
    check_norm(norm)
    check_eps(eps)
    noise = draw(torch.randn, x, sources(x, generators))
    moved = x.detach() + eps * (noise.sign() if norm == "linf" else unit(noise, norm))
    return moved if minimum is None else moved.clamp_min(minimum)
