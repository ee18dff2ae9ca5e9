"""Parts of an attack: the gradient of a per-sample loss, balls, directions, random starts, the best point so far.

Every function treats the samples of a batch (N, …) separately, so a result never depends on the rest of the batch.
"""

from collections.abc import Callable, Sequence
from numbers import Real

import torch
from torch import Tensor

NORMS = ("linf", "l2")
ORDERS = {"linf": float("inf"), "l2": 2.0, "l1": 1.0}

Loss = Callable[[Tensor], Tensor]
Generators = Sequence[torch.Generator]


def check_norm(norm: str, valid: Sequence[str] = NORMS) -> None:
    """Raise a `ValueError` if an attack is not defined for a norm."""
    if norm not in valid:
        raise ValueError(f"expected norm in {tuple(valid)}, found {norm!r}")


def check_eps(eps: float | Tensor) -> None:
    """Raise a `ValueError` if a budget is negative or not a finite number."""
    least, largest = (float(eps.min()), float(eps.max())) if isinstance(eps, Tensor) else (eps, eps)
    if not isinstance(least, Real):
        raise ValueError(f"expected a number eps, found {eps!r}; correct eps")
    if not 0 <= least <= largest < float("inf"):  # also false for NaN
        raise ValueError(
            f"expected a finite eps of at least 0, found {least if least == largest else eps}; correct eps"
        )


def check_positive(**parameters: float) -> None:
    """Raise a `ValueError` with the name of a parameter that is not a finite number above 0."""
    for name, number in parameters.items():
        if not 0 < number < float("inf"):  # also false for NaN
            raise ValueError(f"{name}: expected a finite number above 0, found {number}")


def sources(x: Tensor, generators: Generators | None) -> Generators:
    """Return the given generators; without any, one per sample, seeded with the sample's number."""
    return [torch.Generator().manual_seed(n) for n in range(len(x))] if generators is None else generators


def value(loss: Loss, x: Tensor) -> Tensor:
    """Return the losses (N,), without a graph."""
    with torch.no_grad():
        return loss(x)


def value_and_gradient(loss: Loss, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the losses (N,) and the gradient (N, …) of each sample's loss; also inside no_grad and inference_mode.

    The function computes the gradient of the input alone. The gradients of the weights stay as they are.
    """
    with torch.inference_mode(False), torch.enable_grad():
        x = x.clone().requires_grad_()
        losses = loss(x)
        # the sum, not the mean: a sample's gradient must not depend on the number of samples
        (gradient,) = torch.autograd.grad(losses.sum(), x)
    return losses.detach(), gradient


def size(values: Tensor, norm: str) -> Tensor:
    """Return each sample's norm (``linf``, ``l2`` or ``l1``), shaped (N, 1, …) to broadcast against the samples."""
    return like(torch.linalg.vector_norm(values.flatten(1), ord=ORDERS[norm], dim=1), values)


def like(values: Tensor, samples: Tensor) -> Tensor:
    """Shape one value per sample (N,) to broadcast against the samples (N, …)."""
    return values.view(-1, *[1] * (samples.ndim - 1))


def unit(values: Tensor, norm: str) -> Tensor:
    """Scale each sample to unit norm; zero stays zero."""
    return values / size(values, norm).clamp_min(torch.finfo(values.dtype).tiny)


def steepest(gradient: Tensor, norm: str) -> Tensor:
    """Return the direction of unit size in which a linear loss grows most: sign(g) for linf, g / |g|_2 for l2."""
    return gradient.sign() if norm == "linf" else unit(gradient, norm)


def project(point: Tensor, center: Tensor, eps: float | Tensor, norm: str, minimum: float | None = None) -> Tensor:
    """Return the point of the ball around `center` that is nearest to `point`, raised to `minimum` where it is below.

    Raising a point to `minimum` never takes it out of the ball, because no center is below `minimum`.
    """
    offset = point - center
    if norm == "linf":
        eps = torch.as_tensor(eps, dtype=point.dtype, device=point.device)
        offset = torch.minimum(torch.maximum(offset, -eps), eps)
    else:
        offset = offset * (eps / size(offset, norm).clamp_min(torch.finfo(point.dtype).tiny)).clamp_max(1.0)
    moved = center + offset
    return moved if minimum is None else moved.clamp_min(minimum)


def random_point(x: Tensor, eps: float | Tensor, norm: str, generators: Generators) -> Tensor:
    """Draw a point of each sample's ball: uniform for linf; for l2 a uniform direction and a uniform radius."""
    if norm == "linf":
        return x + eps * (2 * draw(torch.rand, x, generators) - 1)
    direction = draw(torch.randn, x, generators)
    radius = torch.stack([torch.rand((), generator=generator, dtype=x.dtype) for generator in generators])
    return x + eps * like(radius.to(x.device), x) * unit(direction, norm)


def draw(sampler: Callable, x: Tensor, generators: Generators) -> Tensor:
    """Draw random numbers of the shape of x with `torch.rand` or `torch.randn`, each sample from its own generator."""
    return torch.stack([sampler(x.shape[1:], generator=generator, dtype=x.dtype) for generator in generators]).to(x)


class Best:
    """The point of largest loss so far, for each sample."""

    def __init__(self, x: Tensor):
        self.point, self.loss = x, torch.full((len(x),), -torch.inf, dtype=x.dtype, device=x.device)

    def offer(self, point: Tensor, losses: Tensor) -> Tensor:
        """Keep the samples of `point` whose loss is larger than the best so far; return which ones (N,)."""
        wins = losses > self.loss
        self.point = torch.where(like(wins, point), point, self.point)
        self.loss = torch.where(wins, losses, self.loss)
        return wins
