"""Solve an ODE with steps that adapt to each sample: the Runge-Kutta pair of order 5(4) of Dormand and Prince (1980).

Solvers for whole batches choose one step length by the error of all samples together, so that a sample's result, its
gradient and any attack on it depend on its batch mates. Here each sample has its own time, step length and error, and
leaves the batch when it is done.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from robustloc.base.errors import UserError

Field = Callable[[Tensor, Tensor], Tensor]

# The tableau as in Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I, table II.5.2. The last stage
# is evaluated at the step's end, so that its slope is the first one of the next step.
NODES = (1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1)
WEIGHTS = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
# weights of order 5 less those of order 4
ERROR = (71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)

# Step control of the same book: aim below the tolerance, and never change a step by more than these factors.
SAFETY, SHRINK, GROW = 0.9, 0.2, 10.0


def solve(field: Field, h: Tensor, tolerance: float, max_steps: int = 100) -> Tensor:
    """Return the states at t = 1.

    Gradients go through the steps that were taken, but not through the choice of their lengths, whose own ripple on the
    result is below the tolerance, but steep.

    Args:
        field: (N, 1, 1, 1) times, (N, channels, height, width) states -> dh/dt of each.
        h: states at t = 0.
        tolerance: of a step's error, root mean square over a sample's state: absolute plus relative.
        max_steps: that a sample may try.

    Raises:
        UserError: a state stopped being finite, or needs more steps.
    """
    user = torch.arange(len(h), device=h.device)
    left = h.new_ones(len(h), 1, 1, 1)
    # right for a field whose derivatives are about 1; one rejection puts it right for others
    step = torch.full_like(left, tolerance**0.2)
    slope = field(1 - left, h)
    done: list[tuple[Tensor, Tensor]] = []
    for _ in range(max_steps):
        step = torch.minimum(step, left)
        end, end_slope, error = _try(field, 1 - left, step, h, slope, tolerance)
        if not torch.isfinite(error).all():
            raise UserError("dopri5: a state is no finite number; lower the learning rate, or use another solver")
        good = error <= 1
        h, slope = torch.where(good, end, h), torch.where(good, end_slope, slope)
        left = torch.where(good, left - step, left)
        step = step * (SAFETY * error**-0.2).clamp(SHRINK, GROW)
        there = (left == 0).flatten()
        if there.any():
            done.append((user[there], h[there]))
            user, left, step, h, slope = (part[~there] for part in (user, left, step, h, slope))
        if len(user) == 0:
            users, states = (torch.cat(parts) for parts in zip(*done, strict=True))
            return states[users.argsort()]
    raise UserError(
        f"dopri5: a state needs more than {max_steps} steps at tolerance {tolerance:g}; raise the tolerance, lower the "
        "learning rate, or use a solver of fixed steps"
    )


def _try(
    field: Field, t: Tensor, step: Tensor, h: Tensor, slope: Tensor, tolerance: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the state after one step, its slope, and the step's error in units of the tolerance (N, 1, 1, 1)."""
    slopes = [slope]
    for node, weights in zip(NODES, WEIGHTS, strict=True):
        end = h + step * _sum(weights, slopes)
        slopes.append(field(t + node * step, end))
    with torch.no_grad():
        allowed = tolerance * (1 + torch.maximum(h.abs(), end.abs()))
        error = (step * _sum(ERROR, slopes) / allowed).square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return end, slopes[-1], error


def _sum(weights: Iterable[float], slopes: list[Tensor]) -> Tensor:
    return sum(weight * slope for weight, slope in zip(weights, slopes, strict=True) if weight)
