"""Attack users, hold every result to its budget, and measure what it did to a trained localizer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from robustloc.ascent import Loss, project, size
from robustloc.domain import Domain
from robustloc.errors import UserError
from robustloc.folding import folded
from robustloc.scale import Scale, perturbation_to_signal_db
from robustloc.victim import squared_error

# float32 rounding of x + eps
BUDGET_TOLERANCE = 1e-5
# users on whom the faster network is compared with the original
COMPARED = 8
# training users per batch: what is learnt depends on it, so that it is no option of speed
LEARNT_AT_ONCE = 64


@dataclass(frozen=True)
class Outcome:
    """What an attack did to N users.

    Attributes:
        adversarial: (N, angle bins, delay bins) perturbed inputs, on the model's scale.
        clean_prediction, prediction: (N, 3) position estimates without and with the attack [m].
        linf, l2: (N,) size of the perturbation, on the model's scale.
        psr_db: (N,) its power relative to the signal's: of what was sent where a channel was attacked, else on linear
            magnitudes [dB].
    """

    adversarial: np.ndarray
    clean_prediction: np.ndarray
    prediction: np.ndarray
    linf: np.ndarray
    l2: np.ndarray
    psr_db: np.ndarray

    def spent(self) -> dict:
        """Sum up what was spent: the largest perturbations, the range of the inputs, their NaN count."""
        return {
            "largest_linf": float(self.linf.max()),
            "largest_l2": float(self.l2.max()),
            "range": [float(self.adversarial.min()), float(self.adversarial.max())],
            "nan": int(np.isnan(self.adversarial).sum()),
        }


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
    aim: Callable[[nn.Module, Tensor], Loss] = squared_error,
    examples: tuple[Domain, np.ndarray] | None = None,
) -> tuple[Tensor, float]:
    """Attack users.

    Args:
        model: the network that is attacked through its gradients or answers; left as it was.
        users: N users, as the attacker sees them.
        goals: (N, 3) positions that the aim refers to [m].
        attack: (loss, x, *, eps, generators) -> x; with ``examples`` too, if there are some.
        eps: budget, in the users' domain.
        norm: ``linf`` or ``l2``; what exceeds the budget is projected onto it.
        seeds: one per user.
        batch_size: users per gradient.
        aim: makes a loss of a network and goals, see `robustloc.victim`.
        examples: training users and their goals, for an attack that learns; it is then called once.

    Returns:
        The perturbed users (N, …) and the largest size that was asked for before it was held to the budget.

    Raises:
        UserError: the attack made a non-number; nothing of it may be used.
    """
    device = _device()
    model = model.to(device).eval()
    some = users[:COMPARED].to(device)
    model = folded(model, some.inputs(some.start))
    asked, unprojected = [], 0.0
    if examples:
        attack = _taught(attack, model, examples, aim)
    bar = tqdm(total=len(users), desc="crafting", unit="user")
    for part in _batches(len(users), len(users) if examples else batch_size):
        here = users[part].to(device)
        loss = _through(here, aim(model, torch.tensor(goals[part], device=device, dtype=here.start.dtype)))
        generators = [torch.Generator().manual_seed(seed) for seed in seeds[part]]
        wished = attack(loss, here.start, eps=eps, generators=generators).detach()
        if not torch.isfinite(wished).all():
            raise UserError(f"the attack made {(~torch.isfinite(wished)).sum()} non-finite values; mend its plugin")
        spent = size(wished - here.start, norm)
        unprojected = max(unprojected, float(spent.max()))
        # points inside stay as they are, to the bit
        held = torch.where(spent <= eps, wished, project(wished, here.start, eps, norm))
        _verify(held - here.start, held, eps, norm)
        asked.append(held.cpu())
        bar.update(len(here))
    bar.close()
    return torch.cat(asked), unprojected


def measure(model: nn.Module, users: Domain, moved: Tensor, adp: np.ndarray, scale: Scale, batch_size: int) -> Outcome:
    """Compare a localizer's estimates without and with a perturbation.

    Args:
        model: the victim; used in eval mode.
        users, moved: N users as the attacker saw them, and what became of them (N, …).
        adp: (N, angle bins, delay bins) their linear profiles.
        scale: of the model's input.
        batch_size: users per estimate.
    """
    device, clean = _device(), scale.apply(adp)
    model = model.to(device).eval()
    adversarial, estimates = [], []
    with torch.no_grad():
        for part in _batches(len(users), batch_size):
            inputs = users[part].to(device).inputs(moved[part].to(device))
            before = torch.tensor(clean[part], device=device).unsqueeze(1)
            estimates.append(torch.stack([model(before), model(inputs)]).cpu())
            adversarial.append(inputs.squeeze(1).cpu())
    crafted = torch.cat(adversarial).numpy()
    clean_prediction, prediction = torch.cat(estimates, dim=1).double().numpy()
    if not (np.isfinite(crafted).all() and np.isfinite(prediction).all()):
        raise UserError("an input or an estimate is not a finite number; the attack or the network is at fault")
    difference = (crafted.astype(float) - clean).reshape(len(clean), -1)
    if users.physical:
        with np.errstate(divide="ignore"):
            sent = 20 * np.log10(size((moved - users.start).double(), "l2").flatten().numpy())
        psr_db = np.where(adp.any(axis=(1, 2)), sent, -np.inf)
    else:
        psr_db = perturbation_to_signal_db(adp, clean, crafted, scale)
    linf, l2 = np.abs(difference).max(axis=1), np.linalg.norm(difference, axis=1)
    return Outcome(crafted, clean_prediction, prediction, linf, l2, psr_db)


def _device() -> torch.device:
    # single precision to its last digit, the same at every run
    torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic = False, True
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _batches(users: int, batch_size: int) -> list[slice]:
    return [slice(start, min(start + batch_size, users)) for start in range(0, users, batch_size)]


def _through(users: Domain, loss: Loss) -> Loss:
    """Let a loss of inputs be one of what the attacker moves."""
    return lambda x: loss(users.inputs(x))


def _taught(
    attack: Callable[..., Tensor], model: nn.Module, examples: tuple[Domain, np.ndarray], aim: Callable
) -> Callable[..., Tensor]:
    """Give an attack that learns its batches of training users."""
    users, goals = examples
    batches = []
    for part in _batches(len(users), LEARNT_AT_ONCE):
        here = users[part].to(_device())
        wanted = torch.tensor(goals[part], device=here.start.device, dtype=here.start.dtype)
        batches.append((_through(here, aim(model, wanted)), here.start))
    return partial(attack, examples=batches)


def _verify(offset: Tensor, moved: Tensor, eps: float, norm: str) -> None:
    # a perturbation cannot be stored finer than the inputs' own rounding
    rounding = (
        torch.finfo(moved.dtype).eps * float(moved.abs().max()) * (offset[0].numel() ** 0.5 if norm == "l2" else 1)
    )
    if (spent := float(size(offset, norm).max())) > eps * (1 + BUDGET_TOLERANCE) + rounding:
        raise UserError(f"after projection the attack spends {spent:.9g} of a {norm} budget of {eps:.9g}")
