"""Attack users and project every result onto its budget."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from robustloc.attacks.parts.budget import TOLERANCE, checked, rounding
from robustloc.attacks.parts.losses import SquaredError, Through
from robustloc.attacks.parts.steps import Loss, project, size
from robustloc.base.errors import UserError
from robustloc.robustness.domains import Domain
from robustloc.robustness.folding import folded

# number of users on whom the folded network is compared with the original
COMPARED = 8
# training users per batch of an attack that learns; the attack's result depends on it, so it is not configurable
LEARNT_AT_ONCE = 64


class Crafted(NamedTuple):
    """What an attack made of N users.

    Attributes:
        moved: (N, …) the perturbed users, within the budget.
        largest_unprojected: largest size of a perturbation before the projection.
        evaluations: gradients or queries for each user: how often the attack asked for a user's loss.
    """

    moved: Tensor
    largest_unprojected: float
    evaluations: int


def craft(
    model: nn.Module,
    users: Domain,
    goals: np.ndarray,
    attack: Callable[..., Tensor],
    *,
    eps: float,
    norm: str,
    seeds: list[int],
    batch_size: int,
    aim: Callable[[nn.Module, Tensor], Loss] = SquaredError,
    examples: tuple[Domain, np.ndarray] | None = None,
) -> Crafted:
    """Attack users.

    Args:
        model: the network under attack; its weights stay as they are.
        users: N users, as the attacker sees them.
        goals: (N, 3) positions that the aim refers to [m].
        attack: (loss, x, *, eps, generators) -> x; an attack that learns also takes ``examples``.
        eps: budget, in units of the users' domain.
        norm: norm of the budget, ``linf`` or ``l2``.
        seeds: one per user.
        batch_size: users per gradient.
        aim: (network, goals) -> loss, see `robustloc.attacks.parts.losses`.
        examples: training users and their goals (M, 3) [m], for an attack that learns. Such an attack is called once.

    Raises:
        ValueError: the attack breaks a rule, see `robustloc.attacks.parts.budget.checked`.
    """
    where = device()
    model = model.to(where).eval()
    some = users[:COMPARED].to(where)
    model = folded(model, some.inputs(some.start))
    asked, unprojected, evaluations = [], 0.0, 0
    learnt = {"examples": _learnt(model, examples, aim)} if examples else {}
    bar = tqdm(total=len(users), desc="crafting", unit="user")
    for part in batches(len(users), len(users) if examples else batch_size):
        here = users[part].to(where)
        # an attack can reach the users of its loss, so these are copies
        wanted = torch.tensor(goals[part], device=where, dtype=here.start.dtype)
        loss = Through(here.copy().inputs, aim(model, wanted), direct=not here.physical)
        generators = [torch.Generator().manual_seed(seed) for seed in seeds[part]]
        moved, largest = within_budget(attack, loss, here.start, eps=eps, norm=norm, generators=generators, **learnt)
        unprojected, evaluations = max(unprojected, largest), max(evaluations, loss.evaluations)
        asked.append(moved.cpu())
        bar.update(len(here))
    bar.close()
    return Crafted(torch.cat(asked), unprojected, evaluations)


def within_budget(
    attack: Callable[..., Tensor], loss: Loss, x: Tensor, *, eps: float | Tensor, norm: str, **options: object
) -> tuple[Tensor, float]:
    """Run an attack and project its result onto the budget.

    Args:
        attack: (loss, x, *, eps, …) -> x.
        loss: inputs (N, …) -> losses (N,).
        x: inputs (N, …), before the attack.
        eps: radius of the ball around each input; a number, or one per input, shaped to broadcast against x.
        norm: of the ball, ``linf`` or ``l2``.
        options: further arguments of the attack: ``generators``, one per input, and ``examples``.

    Returns:
        The perturbed inputs (N, …), and the largest perturbation before the projection.

    Raises:
        ValueError: the attack breaks a rule, see `robustloc.attacks.parts.budget.checked`.
    """
    wished = checked(attack, loss, x, eps=eps, **options)
    spent = size(wished - x, norm)
    # the projection rounds, so points inside the ball skip it and stay the same to the bit
    held = torch.where(spent <= eps, wished, project(wished, x, eps, norm))
    verify(held - x, held, eps, norm)
    return held, float(spent.max())


def device() -> torch.device:
    """Choose the device of attacks: the GPU if there is one."""
    # full single precision and deterministic convolutions, so that every run has the same result
    torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic = False, True
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def batches(users: int, batch_size: int) -> list[slice]:
    """Cut a number of users into batches; the last batch holds the rest."""
    return [slice(start, min(start + batch_size, users)) for start in range(0, users, batch_size)]


def _learnt(model: nn.Module, examples: tuple[Domain, np.ndarray], aim: Callable) -> list[tuple[Loss, Tensor]]:
    """Return the batches of training users for an attack that learns."""
    users, goals = examples
    learnt = []
    for part in batches(len(users), LEARNT_AT_ONCE):
        here = users[part].to(device())
        wanted = torch.tensor(goals[part], device=here.start.device, dtype=here.start.dtype)
        learnt.append((Through(here.copy().inputs, aim(model, wanted)), here.start))
    return learnt


def verify(offset: Tensor, moved: Tensor, eps: float | Tensor, norm: str) -> None:
    """Raise a `UserError` if the perturbations (N, …) of inputs exceed a budget by more than rounding.

    Args:
        offset: the perturbations.
        moved: the perturbed inputs.
        eps: radius of the ball; a number, or one per input, shaped to broadcast against the perturbations.
        norm: of the ball, ``linf`` or ``l2``.
    """
    # the stored perturbation has the rounding error of the inputs
    spent, radius = size(offset, norm), torch.as_tensor(eps, dtype=torch.double, device=offset.device)
    excess = (spent - radius * (1 + TOLERANCE) - rounding(moved, norm)).flatten()
    worst = int(excess.argmax())
    if excess[worst] > 0:
        allowed, found = (float(values.expand_as(spent).flatten()[worst]) for values in (radius, spent))
        raise UserError(
            f"expected a {norm} perturbation of at most {allowed:.9g} after the projection, found {found:.9g}; "
            "correct the attack's plugin"
        )
