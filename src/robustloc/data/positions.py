"""Positions: errors of estimates, and the targets of attacks."""

import math

import numpy as np


def position_error(prediction: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Euclidean distance [m] of estimates (N, 3) from true positions (N, 3)."""
    return np.linalg.norm(prediction - position, axis=1)


def goals(target: dict | None, position: np.ndarray) -> np.ndarray:
    """Return the positions (N, 3) [m] that an attack's aim refers to.

    Args:
        target: ``{"position": [x, y, z]}`` [m], ``{"bearing_deg": …, "distance_m": …}`` from each user's true position,
            or None.
        position: (N, 3) true positions [m].

    Returns:
        Where the attack draws estimates; without a target the true positions, from which it drives them away.
    """
    if not target:
        return position
    if "position" in target:
        return np.broadcast_to(np.array(target["position"], dtype=float), position.shape).copy()
    bearing = math.radians(target["bearing_deg"])
    return position + target["distance_m"] * np.array([math.cos(bearing), math.sin(bearing), 0.0])
