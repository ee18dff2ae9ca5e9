"""Attack a trained localizer on its test users, hold every result against its budget, and record what happened."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from robustloc.scale import Scale, perturbation_to_signal_db

# float32 rounding of x + eps
BUDGET_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Outcome:
    """What an attack did to N users.

    Attributes:
        adversarial: (N, angle bins, delay bins) perturbed inputs, on the model's scale.
        clean_prediction, prediction: (N, 3) position estimates without and with the attack [m].
        linf, l2: (N,) size of the perturbation, on the model's scale.
        psr_db: (N,) its power relative to the signal's, on linear magnitudes [dB].
    """

    adversarial: np.ndarray
    clean_prediction: np.ndarray
    prediction: np.ndarray
    linf: np.ndarray
    l2: np.ndarray
    psr_db: np.ndarray

    def spent(self) -> dict:
        """Sum up what was spent: the largest perturbation in both norms, the range of the inputs, their NaN count."""
        return {
            "largest_linf": float(self.linf.max()),
            "largest_l2": float(self.l2.max()),
            "range": [float(self.adversarial.min()), float(self.adversarial.max())],
            "nan": int(np.isnan(self.adversarial).sum()),
        }


def craft(
    localizer: nn.Module,
    inputs: np.ndarray,
    positions: np.ndarray,
    attack: Callable[..., Tensor] | None,
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
        inputs: (N, angle bins, delay bins) scaled ADPs.
        positions: (N, 3) true positions [m].
        attack: (loss, x, *, eps, generators) -> x; None leaves the users as they are.
        eps: budget, in units of the inputs.
        norm: ``linf`` or ``l2``.
        scale: of the inputs, for the power ratio.
        seeds: one per user.
        batch_size: users per gradient.

    Raises:
        RuntimeError: the attack broke its budget or made a non-number; nothing of it may be used.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    localizer = localizer.to(device).eval().requires_grad_(False)
    adversarial, clean_prediction, prediction = [], [], []
    rows = range(0, len(inputs), batch_size)
    for start in tqdm(rows, desc="crafting", unit="batch", mininterval=2):
        part = slice(start, start + batch_size)
        x = torch.tensor(inputs[part], device=device).unsqueeze(1)
        y = torch.tensor(positions[part], device=device, dtype=x.dtype)
        moved = x
        if attack is not None:
            generators = [torch.Generator().manual_seed(seed) for seed in seeds[part]]
            moved = attack(lambda z, y=y: ((localizer(z) - y) ** 2).sum(dim=1), x, eps=eps, generators=generators)
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
        psr_db=perturbation_to_signal_db(inputs, crafted, scale),
    )
    _verify(outcome, eps, norm if attack is not None else "linf")
    return outcome


def _verify(outcome: Outcome, eps: float, norm: str) -> None:
    for name, array in (("input", outcome.adversarial), ("prediction", outcome.prediction)):
        if not np.isfinite(array).all():
            raise RuntimeError(f"the attack made {(~np.isfinite(array)).sum()} non-finite {name} values")
    spent = getattr(outcome, norm).max()
    # a perturbation smaller than the inputs' own rounding cannot be measured finer than that rounding
    rounding = (
        np.finfo(np.float32).eps
        * np.abs(outcome.adversarial).max()
        * (outcome.adversarial[0].size ** 0.5 if norm == "l2" else 1)
    )
    if spent > eps * (1 + BUDGET_TOLERANCE) + rounding:
        raise RuntimeError(f"the attack spent {spent:.9g} of a {norm} budget of {eps:.9g}")
