"""Positions: errors of estimates, and the targets of attacks."""

import math

import numpy as np

from robustloc.base.errors import UserError

# networks compute in single precision, which rounds larger coordinates to more than half a millimetre
FARTHEST_M = 10_000


def position_error(prediction: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Return the position error of each user: the Euclidean distance between estimate and true position.

    Args:
        prediction: (N, 3) position estimates [m]; an array, or a tensor on any device.
        position: (N, 3) true positions [m]; an array or a tensor.

    Returns:
        (N,) position errors [m].

    Raises:
        UserError: the two have different shapes.
    """
    estimate, truth = (_array(values) for values in (prediction, position))
    if estimate.shape != truth.shape:  # (3,) would otherwise broadcast against all users without a message
        raise UserError(f"expected two arrays of the same shape (N, 3), found {estimate.shape} and {truth.shape}")
    return np.linalg.norm(estimate - truth, axis=1)


def check_positions(position: np.ndarray, source: object) -> None:
    """Check that networks can learn positions.

    Args:
        position: (N, 3) positions of users [m].
        source: their folder or file.

    Raises:
        UserError: a coordinate is too large for single precision, or all users are at one place. The message begins
            with the source.
    """
    if (farthest := np.abs(position).max(initial=0)) > FARTHEST_M:
        raise UserError(
            f"{source}: expected coordinates of at most {FARTHEST_M} m, since estimates have single precision, found "
            f"{farthest:.7g}; subtract one origin from all positions, those of base stations included"
        )
    if len(position) > 1 and (position == position[0]).all():
        raise UserError(
            f"{source}: expected users at different positions, found {len(position)} at {position[0].tolist()}; "
            "correct the positions"
        )


def _array(values: np.ndarray) -> np.ndarray:
    """Return an array; a tensor becomes one without an import of torch."""
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)


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
