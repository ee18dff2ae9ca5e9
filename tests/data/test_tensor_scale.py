"""The scale on tensors: the values of model inputs, gradients that an attack can follow, and the inverse."""

import numpy as np
import pytest
import torch

from robustloc.data.scale import Scale
from robustloc.data.tensor_scale import FLOOR, scaled, unscaled

NAMES = pytest.mark.parametrize("name", ["unit", "db", "raw"])
# linear magnitudes from far below the floor to the peak of 3, and silence
MAGNITUDE = 3.0 * torch.cat([torch.zeros(1), torch.logspace(-8, 0, 801)])


def slope(magnitude: torch.Tensor, wanted: float = 1.0) -> torch.Tensor:
    """The gradient by shares of the peak on the scale of decibels, for a gradient `wanted` by the input."""
    magnitude = magnitude.clone().requires_grad_()
    (rate,) = torch.autograd.grad(wanted * scaled(magnitude, Scale("db", 3.0)).sum(), magnitude)
    return 3.0 * rate


@NAMES
@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_values(name: str, kind: torch.dtype) -> None:
    """The smooth backward pass leaves the values as they are, to the bit."""
    magnitude, scale = MAGNITUDE.to(kind), Scale(name, 3.0)
    share = magnitude / 3.0
    plain = {"unit": share, "db": 1 + 20 * torch.log10(share.clamp_min(FLOOR)) / 80, "raw": magnitude}[name]

    assert torch.equal(scaled(magnitude, scale), plain)
    assert torch.equal(scaled(magnitude.clone().requires_grad_(), scale).detach(), plain)
    np.testing.assert_allclose(plain.numpy(), scale.apply(magnitude.numpy()), rtol=0, atol=2e-7)


def test_raising_pixels_at_the_floor() -> None:
    """A loss that wants more has a slope at the floor and below, at most the largest of the scale."""
    rate, below = slope(MAGNITUDE), MAGNITUDE <= 3.0 * FLOOR

    assert (rate[1:] > 0).all()
    assert (rate[below].diff() >= 0).all()
    assert rate.max() <= Scale("db", 1.0).slope


def test_lowering_pixels_at_the_floor() -> None:
    """A loss that wants less has no slope at the floor, where the input cannot fall; above it both are equal."""
    rate, below = slope(MAGNITUDE, -1.0), MAGNITUDE / 3.0 <= FLOOR

    assert (rate[below] == 0).all()
    assert torch.equal(rate[~below], -slope(MAGNITUDE)[~below])


def test_gradient_far_from_the_floor() -> None:
    """A strong pixel has the true slope of decibels."""
    strong = MAGNITUDE[MAGNITUDE > 100 * 3.0 * FLOOR]
    true = 20 / np.log(10) / 80 / (strong / 3.0)

    torch.testing.assert_close(slope(strong), true, rtol=1e-3, atol=0)


@NAMES
def test_inverse(name: str) -> None:
    """Magnitudes come back; on the scale of decibels the ones at the floor become zero."""
    scale, magnitude = Scale(name, 3.0), MAGNITUDE.double()
    expected = torch.where(magnitude > 3.0 * FLOOR * 1.001, magnitude, 0.0) if name == "db" else magnitude

    torch.testing.assert_close(unscaled(scaled(expected, scale), scale), expected, rtol=1e-9, atol=0)
