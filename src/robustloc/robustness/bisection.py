"""The smallest epsilon at which an attack moves each user's estimate by more than a tolerance, by bisection.

The attack moves estimates away from the estimates without attack, as far as it can. It may miss the best perturbation,
so what it finds is an upper bound of the true smallest epsilon: a stronger attack may need less.

The largest epsilon comes first. A user whom it does not move has no smallest epsilon here. Each round then halves the
interval between an epsilon that failed, 0 at first, and the smallest one that worked, for each user separately.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from robustloc.attacks.parts.losses import SquaredError, estimates
from robustloc.attacks.parts.steps import like, random_point
from robustloc.base.errors import UserError
from robustloc.robustness.crafting import COMPARED, batches, device, within_budget
from robustloc.robustness.folding import folded

# users per gradient; they change results by rounding only
AT_ONCE = 64


def smallest_epsilons(
    model: nn.Module,
    x: Tensor,
    attack: Callable[..., Tensor],
    *,
    norm: str,
    largest_epsilon: float,
    tolerance_m: float,
    bisections: int,
    seeds: Sequence[int],
) -> tuple[np.ndarray, np.ndarray]:
    """Search the smallest epsilon that moves each estimate by more than a tolerance.

    Args:
        model: the network under attack, inputs -> positions [m].
        x: (N, …) inputs without attack.
        attack: (loss, x, *, eps, generators) -> x.
        norm: norm of the budget, ``linf`` or ``l2``.
        largest_epsilon: epsilon of the first round.
        tolerance_m: distance from the estimate without attack [m].
        bisections: rounds after the first; the result lies at most largest_epsilon / 2^bisections above an epsilon
            that failed.
        seeds: one per user; every round draws the same random numbers.

    Returns:
        (N,) the smallest epsilon that worked, inf if the largest one failed; and (N,) the distance [m] that the
        estimate moves there, or at the largest epsilon if it failed.

    Raises:
        UserError: the attack changes no input although other inputs have other estimates; an estimate is not a
            finite number; or the attack breaks a rule.
    """
    where = device()
    model, found = model.to(where).eval(), []
    twin = folded(model, x[:COMPARED].to(where))
    for part in tqdm(batches(len(x), AT_ONCE), desc="bisecting", unit="batch"):
        users = _Users(model, twin, x[part].to(where), attack, norm, seeds[part])
        found.append(_bisected(users, largest_epsilon, tolerance_m, bisections))
    epsilons, moved_m = (torch.cat(values).numpy() for values in zip(*found, strict=True))
    return epsilons, moved_m


class _Users:
    """A batch of users, attacked at an epsilon of their own each."""

    def __init__(self, model: nn.Module, twin: nn.Module, x: Tensor, attack: Callable, norm: str, seeds: Sequence[int]):
        self.model, self.twin, self.x, self.attack, self.norm, self.seeds = model, twin, x, attack, norm, seeds
        with torch.no_grad():
            # the attack and the measurement each start at their own network's estimate, which differ by rounding
            self.goal, self.clean = estimates(twin, x), estimates(model, x)

    def moved_m(self, users: Tensor, epsilons: Tensor) -> Tensor:
        """Attack users by index; return the distances [m] between their estimates without and under attack."""
        x = self.x[users]
        loss, eps = SquaredError(self.twin, self.goal[users]), like(epsilons.to(x), x)
        held, spent = within_budget(self.attack, loss, x, eps=eps, norm=self.norm, generators=self._sources(users))
        if spent == 0 and self._react(users, eps):
            raise UserError(
                "expected an attack that changes inputs, found none changed: the displacement has no gradient where it "
                "is 0; choose an attack with a random start, such as pgd_linf"
            )
        with torch.no_grad():
            distances = (estimates(self.model, held) - self.clean[users]).norm(dim=1)
        if not torch.isfinite(distances).all():
            raise UserError("expected finite estimates under attack, found NaN or inf; train the localizer again")
        return distances.double().cpu()

    def _react(self, users: Tensor, eps: Tensor) -> bool:
        """Return whether an estimate of users differs at a random point of their balls."""
        with torch.no_grad():
            elsewhere = estimates(self.twin, random_point(self.x[users], eps, self.norm, self._sources(users)))
        return bool((elsewhere != self.goal[users]).any())

    def _sources(self, users: Tensor) -> list[torch.Generator]:
        return [torch.Generator().manual_seed(self.seeds[user]) for user in users]


def _bisected(users: _Users, largest: float, tolerance_m: float, bisections: int) -> tuple[Tensor, Tensor]:
    """Return the smallest epsilons (N,) of a batch and the distances (N,) there [m]."""
    every = torch.arange(len(users.x))
    failed, worked = torch.zeros(len(every), dtype=torch.double), torch.full((len(every),), largest, dtype=torch.double)
    moved_m = users.moved_m(every, worked)
    movable = every[moved_m > tolerance_m]
    for _ in range(bisections if len(movable) else 0):
        middle = (failed[movable] + worked[movable]) / 2
        distances = users.moved_m(movable, middle)
        works = distances > tolerance_m
        worked[movable[works]], moved_m[movable[works]] = middle[works], distances[works]
        failed[movable[~works]] = middle[~works]
    worked[moved_m <= tolerance_m] = torch.inf
    return worked, moved_m
