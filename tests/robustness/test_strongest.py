"""Localizers under the adversarial examples of others: everyone, or some of them."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from robustloc.robustness import transfer

EPS = 0.1


class Sum(nn.Module):
    """Estimates that grow with the input, by a factor."""

    def __init__(self, factor: float):
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions (N, 3) [m]."""
        return self.factor * x.flatten(1).sum(dim=1, keepdim=True).expand(-1, 3)


LOCALIZERS = {("a", "none"): Sum(1.0), ("b", "none"): Sum(2.0), ("c", "none"): Sum(-3.0)}


def found(**options: object) -> pd.DataFrame:
    """Errors of the localizers under examples of the others."""
    x = torch.ones(2, 1, 2, 2)
    return transfer.strongest(LOCALIZERS, x, torch.zeros(2, 3), np.array([4, 9]), EPS, **options)


def test_victims() -> None:
    """Without victims every localizer is tested; a victim has the rows that it has there, and others have none."""
    every, some = found(), found(victims=[("b", "none")])

    assert every.model.tolist() == ["a", "a", "b", "b", "c", "c"]
    assert some.user.tolist() == [4, 9]
    pd.testing.assert_frame_equal(some, every[every.model == "b"].reset_index(drop=True))


def test_victims_are_named() -> None:
    """A list of victims cannot be mistaken for another argument."""
    with pytest.raises(TypeError):
        transfer.strongest(LOCALIZERS, torch.ones(1, 1, 2, 2), torch.zeros(1, 3), np.zeros(1), EPS, [("b", "none")])
