"""Errors of estimates, and the positions that an attack's aim refers to."""

import numpy as np
import pytest

from robustloc.data.positions import goals, position_error

POSITION = np.array([[0.0, 0.0, 1.5], [3.0, 4.0, 1.5]])


def test_error() -> None:
    """The error is the Euclidean distance, heights included."""
    assert position_error(POSITION, np.zeros((2, 3))).tolist() == pytest.approx([1.5, np.sqrt(27.25)])


def test_goals() -> None:
    """Without a target the goals are the true positions; a target is one place for all, or an offset from each."""
    assert goals(None, POSITION) is POSITION
    np.testing.assert_array_equal(goals({"position": [1, 2, 3]}, POSITION), [[1, 2, 3]] * 2)
    north = goals({"bearing_deg": 90.0, "distance_m": 10.0}, POSITION)
    np.testing.assert_allclose(north, POSITION + np.array([0, 10, 0]), atol=1e-12)
