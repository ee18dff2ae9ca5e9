"""Scale linear ADP magnitudes to the input of a model, and back.

An epsilon has a meaning only on a given scale, so each scenario chooses a scale by name:

* ``unit``: divided by the largest pixel of the training users. Epsilon is a share of this pixel.
* ``db``: decibels relative to the largest pixel, mapped so that 1 is this pixel and 0 is 80 dB below it.
* ``raw``: linear magnitudes without change.
"""

import math
from dataclasses import dataclass

import numpy as np

RANGE_DB = 80.0


@dataclass(frozen=True)
class Scale:
    """A named scale and its reference, the largest pixel of the training users (``peak``, linear)."""

    name: str
    peak: float

    @property
    def slope(self) -> float:
        """Largest derivative of the scaled value by the linear magnitude; on ``db`` the one at the floor."""
        if self.name == "raw":
            return 1.0
        return (20 / math.log(10) / RANGE_DB * 10 ** (RANGE_DB / 20) if self.name == "db" else 1.0) / self.peak

    def apply(self, magnitude: np.ndarray) -> np.ndarray:
        """Return scaled linear magnitudes, float32."""
        if self.name == "raw":
            return magnitude.astype(np.float32)
        share = magnitude / self.peak
        if self.name == "db":
            floor = 10 ** (-RANGE_DB / 20)
            share = 1 + 20 * np.log10(np.maximum(share, floor)) / RANGE_DB
        return share.astype(np.float32)

    def invert(self, scaled: np.ndarray) -> np.ndarray:
        """Return linear magnitudes of scaled values, float64; on ``db``, values below the floor become the floor."""
        scaled = scaled.astype(float)
        if self.name == "raw":
            return scaled
        if self.name == "db":
            scaled = 10 ** ((scaled - 1) * RANGE_DB / 20)
        return scaled * self.peak


def perturbation_to_signal_db(magnitude: np.ndarray, clean: np.ndarray, moved: np.ndarray, scale: Scale) -> np.ndarray:
    """Return the power ratio of perturbation to signal (PSR) of each sample [dB], on linear magnitudes.

    Args:
        magnitude: (N, …) linear magnitudes, without the scale's floor.
        clean: (N, …) the scaled magnitudes.
        moved: (N, …) the scaled magnitudes with the perturbation.
        scale: of `clean` and `moved`.

    Returns:
        (N,) PSR; -inf without a perturbation, +inf for a perturbed sample without any signal.
    """
    axes = tuple(range(1, clean.ndim))
    # A pixel that the attack did not change has no perturbation, even if the scale has clipped it at the floor.
    change = np.where(moved == clean, 0.0, scale.invert(moved) - magnitude)
    noise, level = (np.sqrt((part.astype(float) ** 2).sum(axis=axes)) for part in (change, magnitude))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 20 * np.log10(noise / level)
    return np.where(noise == 0, -np.inf, ratio)
