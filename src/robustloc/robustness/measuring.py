"""Measure what an attack did to a trained localizer."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from robustloc.attacks.parts.steps import size
from robustloc.base.errors import UserError
from robustloc.data.scale import Scale, perturbation_to_signal_db
from robustloc.robustness.crafting import batches, device
from robustloc.robustness.domains import Domain


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


def measure(model: nn.Module, users: Domain, moved: Tensor, adp: np.ndarray, scale: Scale, batch_size: int) -> Outcome:
    """Compare a localizer's estimates without and with a perturbation.

    Args:
        model: the victim; used in eval mode.
        users, moved: N users as the attacker saw them, and what became of them (N, …).
        adp: (N, angle bins, delay bins) their linear profiles.
        scale: of the model's input.
        batch_size: users per estimate.
    """
    where, clean = device(), scale.apply(adp)
    model = model.to(where).eval()
    adversarial, estimates = [], []
    with torch.no_grad():
        for part in batches(len(users), batch_size):
            inputs = users[part].to(where).inputs(moved[part].to(where))
            before = torch.tensor(clean[part], device=where).unsqueeze(1)
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
