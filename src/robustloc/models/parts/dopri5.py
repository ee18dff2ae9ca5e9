"""Solve an ODE with steps that adapt to each sample: the Runge-Kutta pair of order 5(4) of Dormand and Prince (1980).

The usual solvers choose one step length from the error of the whole batch. A sample's result, its gradient and any
attack on it then depend on the other samples. Here each sample has its own time, step length and error, and leaves the
batch when it reaches t = 1.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from robustloc.base.errors import UserError

Field = Callable[[Tensor, Tensor], Tensor]

# The tableau of Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I, table II.5.2. The last stage is at
# the end of the step, so its slope is also the first slope of the next step.
NODES = (1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1)
WEIGHTS = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
# weights of order 5 minus weights of order 4
ERROR = (71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)

# Step control of the same book: aim at SAFETY below the tolerance; the step changes by these factors at most.
SAFETY, SHRINK, GROW = 0.9, 0.2, 10.0


def solve(field: Field, h: Tensor, tolerance: float, max_steps: int = 100) -> Tensor:
    """Return the states at t = 1.

    Gradients pass through the steps, but not through the choice of their lengths. That choice changes the result by
    less than the tolerance, but its derivative is large and would hide the gradient of the solution.

    Args:
        field: (N, 1, 1, 1) times, (N, channels, height, width) states -> dh/dt of each.
        h: states at t = 0, (N, channels, height, width).
        tolerance: bound on the error of a step, absolute plus relative, root mean square over a sample's state.
        max_steps: largest number of steps that a sample may try, rejected ones included.

    Raises:
        UserError: a state is not finite, or needs more steps.
    """
    user = torch.arange(len(h), device=h.device)
    left = h.new_ones(len(h), 1, 1, 1)
    # suits a field whose derivatives are about 1; for other fields one rejected step corrects it
    step = torch.full_like(left, tolerance**0.2)
    slope = field(1 - left, h)
    done: list[tuple[Tensor, Tensor]] = []
    for _ in range(max_steps):
        step = torch.minimum(step, left)
        end, end_slope, error = _try(field, 1 - left, step, h, slope, tolerance)
        if not torch.isfinite(error).all():
            raise UserError("dopri5: a state is not a finite number; lower the learning rate, or use another solver")
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
