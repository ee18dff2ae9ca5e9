"""Position errors of estimates, from arrays and tensors."""

import numpy as np
import pytest
import torch

from robustloc.base.errors import UserError
from robustloc.data.positions import position_error

TRUTH = np.zeros((2, 3))
ESTIMATE = [[3.0, 4.0, 0.0], [0.0, 0.0, 2.0]]


def test_arrays_and_tensors() -> None:
    """The error is the Euclidean distance; an estimate may be a tensor with a graph."""
    for estimate in (ESTIMATE, np.array(ESTIMATE), torch.tensor(ESTIMATE, requires_grad=True)):
        np.testing.assert_array_equal(position_error(estimate, TRUTH), [5.0, 2.0])


def test_shapes_must_agree() -> None:
    """One position for all users is a mistake, not a broadcast."""
    with pytest.raises(UserError, match=r"the same shape \(N, 3\), found \(2, 3\) and \(3,\)"):
        position_error(ESTIMATE, np.zeros(3))
