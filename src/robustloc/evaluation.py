"""Attack a trained localizer on its test users, hold every result to its budget, and record what happened."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from robustloc.errors import UserError
from robustloc.scale import Scale, perturbation_to_signal_db

# float32 rounding of x + eps
BUDGET_TOLERANCE = 1e-5
ORDERS = {"linf": float("inf"), "l2": 2}


@dataclass(frozen=True)
class Outcome:
    """What an attack did to N users.

    Attributes:
        adversarial: (N, angle bins, delay bins) perturbed inputs, on the model's scale.
        clean_prediction, prediction: (N, 3) position estimates without and with the attack [m].
        linf, l2: (N,) size of the perturbation, on the model's scale.
        psr_db: (N,) its power relative to the signal's, on linear magnitudes [dB].
        unprojected: largest size, in the budget's norm, that the attack asked for before it was held to its budget.
    """

    adversarial: np.ndarray
    clean_prediction: np.ndarray
    prediction: np.ndarray
    linf: np.ndarray
    l2: np.ndarray
    psr_db: np.ndarray
    unprojected: float

    def spent(self) -> dict:
        """Sum up what was spent: the largest perturbations, the range of the inputs, their NaN count."""
        return {
            "largest_linf": float(self.linf.max()),
            "largest_l2": float(self.l2.max()),
            "largest_unprojected": self.unprojected,
            "range": [float(self.adversarial.min()), float(self.adversarial.max())],
            "nan": int(np.isnan(self.adversarial).sum()),
        }


def craft(
    localizer: nn.Module,
    adp: np.ndarray,
    positions: np.ndarray,
    attack: Callable[..., Tensor],
    *,
    eps: float,
    norm: str,
    scale: Scale,
    seeds: list[int],
    batch_size: int,
) -> Outcome:
    """Attack users and measure the result.

    Args:
        localizer: trained; used in eval mode, its weights without gradients.
        adp: (N, angle bins, delay bins) linear profiles.
        positions: (N, 3) true positions [m].
        attack: (loss, x, *, eps, generators) -> x, on scaled profiles (N, 1, angle bins, delay bins).
        eps: budget, on the model's scale.
        norm: ``linf`` or ``l2``; what exceeds the budget is projected onto it.
        scale: of the model's input.
        seeds: one per user.
        batch_size: users per gradient.

    Raises:
        UserError: the attack made a non-number; nothing of it may be used.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    # single precision to its last digit, the same at every run
    torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic = False, True
    localizer = localizer.to(device).eval().requires_grad_(False)
    inputs = scale.apply(adp)
    adversarial, clean_prediction, prediction, unprojected = [], [], [], 0.0
    for start in tqdm(range(0, len(inputs), batch_size), desc="crafting", unit="batch"):
        part = slice(start, start + batch_size)
        x = torch.tensor(inputs[part], device=device).unsqueeze(1)
        y = torch.tensor(positions[part], device=device, dtype=x.dtype)
        generators = [torch.Generator().manual_seed(seed) for seed in seeds[part]]
        wished = attack(lambda z, y=y: ((localizer(z) - y) ** 2).sum(dim=1), x, eps=eps, generators=generators)
        unprojected = max(unprojected, float(_size(wished - x, norm).max()))
        moved = _project(wished, x, eps, norm)
        with torch.no_grad():
            clean_prediction.append(localizer(x).cpu())
            prediction.append(localizer(moved).cpu())
        adversarial.append(moved.squeeze(1).cpu())
    crafted = torch.cat(adversarial).numpy()
    difference = (crafted.astype(float) - inputs).reshape(len(inputs), -1)
    outcome = Outcome(
        adversarial=crafted,
        clean_prediction=torch.cat(clean_prediction).double().numpy(),
        prediction=torch.cat(prediction).double().numpy(),
        linf=np.abs(difference).max(axis=1),
        l2=np.linalg.norm(difference, axis=1),
        psr_db=perturbation_to_signal_db(adp, inputs, crafted, scale),
        unprojected=unprojected,
    )
    _verify(outcome, eps, norm)
    return outcome


def _size(difference: Tensor, norm: str) -> Tensor:
    """Size of each sample, shaped to broadcast against the samples."""
    size = torch.linalg.vector_norm(difference.flatten(1), ord=ORDERS[norm], dim=1)
    return size.view(-1, *[1] * (difference.ndim - 1))


def _project(wished: Tensor, x: Tensor, eps: float, norm: str) -> Tensor:
    """Return the nearest points of the balls around x; points inside stay as they are, to the bit."""
    offset = wished - x
    size = _size(offset, norm)
    held = offset.clamp(-eps, eps) if norm == "linf" else offset * (eps / size.clamp_min(torch.finfo(x.dtype).tiny))
    return torch.where(size <= eps, wished, x + held)


def _verify(outcome: Outcome, eps: float, norm: str) -> None:
    for name, array in (("input", outcome.adversarial), ("prediction", outcome.prediction)):
        if not np.isfinite(array).all():
            raise UserError(f"the attack made {(~np.isfinite(array)).sum()} non-finite {name} values; mend its plugin")
    # a perturbation cannot be stored finer than the inputs' own rounding
    pixels = outcome.adversarial[0].size
    rounding = np.finfo(np.float32).eps * np.abs(outcome.adversarial).max() * (pixels**0.5 if norm == "l2" else 1)
    spent = getattr(outcome, norm).max()
    if spent > eps * (1 + BUDGET_TOLERANCE) + rounding:
        raise UserError(f"after projection the attack spends {spent:.9g} of a {norm} budget of {eps:.9g}")
