"""Measure the effect of an attack on a trained localizer."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor, nn

from robustloc.attacks.parts.losses import estimates
from robustloc.attacks.parts.steps import size
from robustloc.base.errors import UserError
from robustloc.data.scale import Scale, perturbation_to_signal_db
from robustloc.robustness.crafting import batches, device
from robustloc.robustness.domains import Domain


@dataclass(frozen=True)
class Outcome:
    """Effect of an attack on N users.

    Attributes:
        adversarial: (N, angle bins, delay bins) perturbed inputs, on the input's scale.
        clean_prediction, prediction: (N, 3) position estimates without and with the attack [m].
        linf, l2: (N,) size of the perturbation, on the input's scale.
        psr_db: (N,) perturbation-to-signal ratio [dB]. In a physical domain it compares the sent power with the power
            of the signal; in the domain ``input`` it compares linear magnitudes.
    """

    adversarial: np.ndarray
    clean_prediction: np.ndarray
    prediction: np.ndarray
    linf: np.ndarray
    l2: np.ndarray
    psr_db: np.ndarray

    def spent(self) -> dict:
        """Return the largest perturbations, and the range and the number of NaNs of the perturbed inputs."""
        return {
            "largest_linf": float(self.linf.max()),
            "largest_l2": float(self.l2.max()),
            "range": [float(self.adversarial.min()), float(self.adversarial.max())],
            "nan": int(np.isnan(self.adversarial).sum()),
        }


def strongest(outcomes: list[Outcome], gains: np.ndarray) -> Outcome:
    """Take each user's part of the outcome whose gain is largest; `gains` is (outcomes, N)."""
    chosen, users = gains.argmax(axis=0), np.arange(gains.shape[1])
    columns = {field.name: np.stack([getattr(one, field.name) for one in outcomes]) for field in fields(Outcome)}
    return Outcome(**{name: values[chosen, users] for name, values in columns.items()})


def measure(model: nn.Module, users: Domain, moved: Tensor, adp: np.ndarray, scale: Scale, batch_size: int) -> Outcome:
    """Compare a localizer's estimates without and with a perturbation.

    Args:
        model: the localizer under attack; it runs in eval mode.
        users: N users as the attacker sees them.
        moved: (N, …) their moved variables, after the attack.
        adp: (N, angle bins, delay bins) their linear profiles.
        scale: scale of the model's input.
        batch_size: users per estimate.

    Raises:
        UserError: a perturbed input or an estimate is not a finite number.
    """
    where, clean = device(), scale.apply(adp)
    model = model.to(where).eval()
    adversarial, positions = [], []
    with torch.no_grad():
        for part in batches(len(users), batch_size):
            inputs = users[part].to(where).inputs(moved[part].to(where))
            before = torch.tensor(clean[part], device=where).unsqueeze(1)
            positions.append(torch.stack([estimates(model, before), estimates(model, inputs)]).cpu())
            adversarial.append(inputs.squeeze(1).cpu())
    crafted = torch.cat(adversarial).numpy()
    clean_prediction, prediction = torch.cat(positions, dim=1).double().numpy()
    if not (np.isfinite(crafted).all() and np.isfinite(prediction).all()):
        raise UserError("expected finite inputs and estimates, found NaN or inf; correct the attack or the network")
    difference = (crafted.astype(float) - clean).reshape(len(clean), -1)
    # a physical domain has unit energy per user, so the size of the perturbation is the ratio; a silent user has -inf,
    # since the domain scales its perturbation by zero energy
    if users.physical:
        with np.errstate(divide="ignore"):
            sent = 20 * np.log10(size((moved - users.start).double(), "l2").flatten().numpy())
        psr_db = np.where(adp.any(axis=(1, 2)), sent, -np.inf)
    else:
        psr_db = perturbation_to_signal_db(adp, clean, crafted, scale)
    linf, l2 = np.abs(difference).max(axis=1), np.linalg.norm(difference, axis=1)
    return Outcome(crafted, clean_prediction, prediction, linf, l2, psr_db)
