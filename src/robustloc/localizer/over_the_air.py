"""Attacks over the air in training: they move the linear profiles behind the model's inputs, with a budget in power."""

from collections.abc import Callable

import torch
from torch import Tensor

from robustloc.attacks.parts.losses import Through
from robustloc.attacks.parts.steps import Loss, size
from robustloc.data.scale import Scale
from robustloc.data.tensor_scale import scaled, unscaled


def on_inputs(attack: Callable[..., Tensor], scale: Scale) -> Callable[..., Tensor]:
    """Turn an attack on linear profiles of unit energy, as in the domain ``adp``, into one on model inputs.

    Args:
        attack: (loss, profiles, *, eps, …) -> profiles, all at or above zero.
        scale: of the model's inputs.

    Returns:
        (loss, x, *, eps, …) -> x for inputs (N, 1, angle bins, delay bins). eps is the L2 norm of the perturbation
        relative to that of the user's profile, 10^(PSR / 20). A user without signal stays as it is.
    """

    def run(loss: Loss, x: Tensor, **options: object) -> Tensor:
        """Attack the profiles and scale the result."""
        profile = unscaled(x, scale)
        energy = size(profile, "l2")
        normalised = profile / torch.where(energy > 0, energy, 1.0)
        moved = attack(Through(lambda one: scaled(energy * one, scale), loss), normalised, **options)
        return scaled(energy * moved, scale)

    return run
