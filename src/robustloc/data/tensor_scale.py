"""The scale of a model's input on tensors, with gradients that an attack can follow; see `robustloc.data.scale`.

On the scale ``db`` most pixels of a profile lie at the floor or below. They have no derivative, although a perturbation
of little power lifts them far above the floor. Just above the floor the derivative is largest, so gradient steps would
spend their power on the weakest pixels. So `_Decibels` has the values of the scale, but another backward pass.
"""

import math

import torch
from torch import Tensor

from robustloc.data.scale import RANGE_DB, Scale

FLOOR = 10 ** (-RANGE_DB / 20)


class _Decibels(torch.autograd.Function):
    """Decibels of shares of the peak. The backward pass is for an ascent: it passes on what raises a loss.

    The slope is the one of log(share^2 + floor^2) / 2, which falls smoothly to zero at silence. The input of a pixel at
    the floor cannot fall, so a gradient that wants this is zero.
    """

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, share: Tensor) -> Tensor:
        """Return the scaled values."""
        ctx.save_for_backward(share)
        return 1 + 20 * torch.log10(share.clamp_min(FLOOR)) / RANGE_DB

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:
        """Return the gradient that an attack follows."""
        (share,) = ctx.saved_tensors
        slope = 20 / math.log(10) / RANGE_DB * share / (share**2 + FLOOR**2)
        return torch.where((share <= FLOOR) & (gradient < 0), 0.0, gradient * slope)


def scaled(magnitude: Tensor, scale: Scale) -> Tensor:
    """Scale linear magnitudes (N, …) as `Scale.apply` does, with gradients for an attack."""
    if scale.name == "raw":
        return magnitude
    share = magnitude / scale.peak
    return _Decibels.apply(share) if scale.name == "db" else share


def unscaled(x: Tensor, scale: Scale) -> Tensor:
    """Return the linear magnitudes (N, …) of scaled values; on ``db``, values at the floor become zero."""
    if scale.name == "raw":
        return x
    if scale.name == "db":
        x = torch.where(x > 0, 10 ** ((x - 1) * (RANGE_DB / 20)), 0.0)
    return x * scale.peak
