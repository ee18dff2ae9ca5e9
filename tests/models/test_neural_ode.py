"""The ODE block solves its equation."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d

from robustloc.models.neural_ode import Field, ODEBlock, TimeConvolution


class Growth(nn.Module):
    """dh/dt = h + t, whose solution from h(0) is (h(0) + 1) e^t - t - 1."""

    def forward(self, t: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        """Return dh/dt."""
        return h + t


def error(solver: str, steps: int) -> float:
    """Distance of the block's answer from the exact one at t = 1."""
    block = ODEBlock(8, [2, 2], solver, steps).double()
    block.field = Growth()
    h = torch.linspace(-1, 1, 32, dtype=torch.float64).view(1, 8, 2, 2)
    return (block(h) - ((h + 1) * torch.e - 2)).abs().max().item()


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("midpoint", 2), ("rk4", 4)])
def test_solver_order(solver: str, order: int) -> None:
    """Halving the step divides the error by two to the method's order, so the steps are really taken."""
    ratio = error(solver, 8) / error(solver, 16)

    assert ratio == pytest.approx(2**order, rel=0.15)


def test_gradient_goes_through_the_solver() -> None:
    """The gradient is that of the discretised solution: e for dh/dt = h with many steps."""
    block = ODEBlock(8, [2, 2], "rk4", 16).double()
    block.field = Growth()
    h = torch.zeros(1, 8, 2, 2, dtype=torch.float64, requires_grad=True)

    (gradient,) = torch.autograd.grad(block(h).sum(), h)

    torch.testing.assert_close(gradient, torch.full_like(gradient, torch.e), rtol=1e-6, atol=0)


def test_time_is_a_channel() -> None:
    """The split convolution equals one over the state with the time concatenated as a constant channel."""
    torch.manual_seed(0)
    convolution = TimeConvolution(8, [4, 4]).double()
    h, t = torch.rand(3, 8, 4, 4, dtype=torch.float64), torch.tensor(0.3, dtype=torch.float64)
    weight = torch.cat([convolution.time, convolution.state.weight], dim=1)
    channels = torch.cat([t.expand(3, 1, 4, 4), h], dim=1)

    expected = conv2d(channels, weight, convolution.state.bias, padding=1)

    torch.testing.assert_close(convolution(t, h), expected, rtol=0, atol=1e-14)


def test_field_depends_on_time() -> None:
    """The dynamics are not autonomous."""
    field = Field(32, [4, 4])
    h = torch.rand(2, 32, 4, 4)

    assert not torch.allclose(field(torch.tensor(0.0), h), field(torch.tensor(1.0), h))
