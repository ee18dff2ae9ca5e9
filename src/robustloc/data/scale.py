"""From linear ADP magnitudes to the numbers that a model sees, and back.

An epsilon means nothing without this scale, so it is a named choice of the scenario:

* ``unit``: divided by the largest pixel of the training users; epsilon is a share of the strongest pixel.
* ``db``: decibels below that pixel over 80 dB, so that 0 is 80 dB below it and 1 is the pixel itself.
* ``raw``: as computed.
"""

import math
from dataclasses import dataclass

import numpy as np

RANGE_DB = 80.0


@dataclass(frozen=True)
class Scale:
    """A named scale and the largest training pixel that it refers to."""

    name: str
    peak: float

    @property
    def slope(self) -> float:
        """Largest derivative of the scaled value by the linear magnitude: on ``db`` that at the floor."""
        if self.name == "raw":
            return 1.0
        return (20 / math.log(10) / RANGE_DB * 10 ** (RANGE_DB / 20) if self.name == "db" else 1.0) / self.peak

    def apply(self, magnitude: np.ndarray) -> np.ndarray:
        """Scale linear magnitudes; float32."""
        if self.name == "raw":
            return magnitude.astype(np.float32)
        share = magnitude / self.peak
        if self.name == "db":
            floor = 10 ** (-RANGE_DB / 20)
            share = 1 + 20 * np.log10(np.maximum(share, floor)) / RANGE_DB
        return share.astype(np.float32)

    def invert(self, scaled: np.ndarray) -> np.ndarray:
        """Return the linear magnitudes of scaled ones; float64. What lay below 80 dB comes back as 80 dB below."""
        scaled = scaled.astype(float)
        if self.name == "raw":
            return scaled
        if self.name == "db":
            scaled = 10 ** ((scaled - 1) * RANGE_DB / 20)
        return scaled * self.peak


def perturbation_to_signal_db(magnitude: np.ndarray, clean: np.ndarray, moved: np.ndarray, scale: Scale) -> np.ndarray:
    """Power ratio of perturbation and signal per sample [dB], on linear magnitudes.

    Args:
        magnitude: (N, …) linear magnitudes, also those below the scale's floor.
        clean, moved: (N, …) the same scaled, without and with the perturbation.

    Returns:
        (N,); -inf without perturbation, +inf where a perturbed sample has no signal at all.
    """
    axes = tuple(range(1, clean.ndim))
    # a pixel that the attack left alone costs no power, even where the scale has cut it off
    change = np.where(moved == clean, 0.0, scale.invert(moved) - magnitude)
    noise, level = (np.sqrt((part.astype(float) ** 2).sum(axis=axes)) for part in (change, magnitude))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 20 * np.log10(noise / level)
    return np.where(noise == 0, -np.inf, ratio)
