"""Positions: errors of estimates, and the targets of attacks."""

import numpy as np


def position_error(prediction: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Return the Euclidean distance (N,) [m] of estimates (N, 3) from true positions (N, 3)."""
    return np.linalg.norm(prediction - position, axis=1)
