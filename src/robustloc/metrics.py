"""Position errors and what is said about them."""

import numpy as np


def position_error(prediction: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Euclidean distance [m] of estimates (N, 3) from true positions (N, 3)."""
    return np.linalg.norm(prediction - position, axis=1)


def summary(error: np.ndarray) -> dict[str, float]:
    """Summarise position errors (N,) [m]: RMSE (root of their mean square), mean, median, 90th and 95th percentile."""
    return {
        "rmse_m": float(np.sqrt(np.mean(error**2))),
        "mean_m": float(np.mean(error)),
        "median_m": float(np.median(error)),
        "p90_m": float(np.percentile(error, 90)),
        "p95_m": float(np.percentile(error, 95)),
    }
