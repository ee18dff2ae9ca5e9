"""Sizes of localizers agree with closed forms."""

import torch
from torch import nn

from robustloc.defences import median_smoothing
from robustloc.localizer import cost
from robustloc.models import constant, dcnn, neural_ode


def test_one_convolution() -> None:
    """Every output pixel costs one kernel per pair of channels; a frozen weight does not count as a parameter."""
    layer = nn.Conv2d(1, 8, 3, padding=1).eval()

    assert cost.count(layer, torch.rand(2, 1, 16, 12)) == {"parameters": 8 * 9 + 8, "multiply_adds": 16 * 12 * 8 * 9}
    assert cost.count(layer.requires_grad_(False), torch.rand(2, 1, 16, 12))["parameters"] == 0


def test_dcnn() -> None:
    """Three convolutions with normalisation, each on half the size of the one before, and a dense layer count."""
    found = cost.count(dcnn.build((1, 8, 8)).eval(), torch.rand(3, 1, 8, 8))

    widths, sides = [(1, 64), (64, 64), (64, 64)], [8, 4, 2]
    weights = [9 * a * b for a, b in widths]
    assert found["parameters"] == sum(weights) + 3 * 2 * 64 + 64 * 3 + 3
    assert found["multiply_adds"] == sum(w * side**2 for w, side in zip(weights, sides, strict=True)) + 64 * 3


def test_solver_steps_count() -> None:
    """Two more steps of RK4 cost eight more evaluations of the field and add no parameter."""
    two, four = (
        cost.count(neural_ode.build((1, 8, 8), steps=steps).eval(), torch.rand(3, 1, 8, 8)) for steps in (2, 4)
    )

    field = 2 * 9 * (32 * 32 + 32) * 4 * 4  # two convolutions of 32 channels plus the time channel, on 4 x 4 pixels
    assert four["multiply_adds"] - two["multiply_adds"] == 2 * 4 * field
    assert four["parameters"] == two["parameters"]


def test_constant() -> None:
    """The constant baseline has no parameters and no operations."""
    assert cost.count(constant.build((1, 8, 8)), torch.rand(1, 1, 8, 8)) == {"parameters": 0, "multiply_adds": 0}


def test_adaptive_steps_and_noise() -> None:
    """An adaptive solver costs the mean over users; a median under noise costs one estimate per draw."""
    torch.manual_seed(0)
    adaptive, x = neural_ode.build((1, 8, 8), solver="dopri5").eval(), 3 * torch.rand(4, 1, 8, 8)
    each = [cost.count(adaptive, user)["multiply_adds"] for user in x.split(1)]
    assert cost.count(adaptive, x)["multiply_adds"] == sum(each) // 4

    plain = dcnn.build((1, 8, 8)).eval()
    smoothed = median_smoothing.Smoothed(plain, 0.1, 5)
    assert cost.count(smoothed, x)["multiply_adds"] == 5 * cost.count(plain, x)["multiply_adds"]
