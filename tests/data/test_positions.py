"""Errors of estimates, from arrays and tensors, and the positions that an attack's aim refers to."""

import numpy as np
import pytest
import torch

from robustloc.base.errors import UserError
from robustloc.data.positions import FARTHEST_M, check_positions, goals, position_error

TRUTH = np.zeros((2, 3))
POSITION = np.array([[0.0, 0.0, 1.5], [3.0, 4.0, 1.5]])
ESTIMATE = [[3.0, 4.0, 0.0], [0.0, 0.0, 2.0]]


def test_arrays_and_tensors() -> None:
    """The error is the Euclidean distance; an estimate may be a tensor with a graph."""
    for estimate in (ESTIMATE, np.array(ESTIMATE), torch.tensor(ESTIMATE, requires_grad=True)):
        np.testing.assert_array_equal(position_error(estimate, TRUTH), [5.0, 2.0])


def test_shapes_must_agree() -> None:
    """One position for all users is a mistake, not a broadcast."""
    with pytest.raises(UserError, match=r"the same shape \(N, 3\), found \(2, 3\) and \(3,\)"):
        position_error(ESTIMATE, np.zeros(3))


def test_goals() -> None:
    """Without a target the goals are the true positions; a target is one place for all, or an offset from each."""
    assert goals(None, POSITION) is POSITION
    np.testing.assert_array_equal(goals({"position": [1, 2, 3]}, POSITION), [[1, 2, 3]] * 2)
    north = goals({"bearing_deg": 90.0, "distance_m": 10.0}, POSITION)
    np.testing.assert_allclose(north, POSITION + np.array([0, 10, 0]), atol=1e-12)


def test_precision() -> None:
    """Accepted coordinates keep half a millimetre in single precision; larger ones and a single place are refused."""
    position = np.array([[FARTHEST_M, -FARTHEST_M, 0.0], [0.1, 0.2, 0.3]])
    check_positions(position, "folder")
    check_positions(position[:1], "folder")

    assert np.spacing(np.float32(FARTHEST_M)) / 2 < 5e-4
    with pytest.raises(UserError, match=r"^folder: expected coordinates of at most 10000 m, .*found 10000\.5; sub"):
        check_positions(position - [0, 0.5, 0], "folder")
    with pytest.raises(
        UserError, match=r"^folder: expected users at different positions, found 2 at \[0.1, 0.2, 0.3\]"
    ):
        check_positions(position[[1, 1]], "folder")
