"""The ODE block solves its equation under all options."""

import copy

import pytest
import torch
from torch import Tensor, nn

from robustloc.base import plugins
from robustloc.models import neural_ode
from robustloc.models.neural_ode import NeuralODE, ODEBlock


class Growth(nn.Module):
    """dh/dt = h + t, whose solution from h(0) is (h(0) + 1) e^t - t - 1; or dh/dt = h without the time."""

    def __init__(self, invariant: bool = False):
        super().__init__()
        self.invariant = invariant

    def forward(self, t: Tensor, h: Tensor) -> Tensor:
        """Return dh/dt."""
        return h if self.invariant else h + t


def network(**parameters: object) -> NeuralODE:
    """Build a small network in double precision, always with the same weights."""
    torch.manual_seed(0)
    return neural_ode.build((1, 16, 16), **parameters).double()


def block(**parameters: object) -> ODEBlock:
    """Return the block of such a network, with the field replaced by `Growth`."""
    made = network(**parameters).blocks[0]
    made.field = Growth(made.field.invariant)
    return made


STATE = torch.linspace(-1, 1, 32, dtype=torch.float64).view(1, 8, 2, 2)


def error(**parameters: object) -> float:
    """Return the largest difference between the block's result and the exact solution at t = 1."""
    return (block(**parameters)(STATE) - ((STATE + 1) * torch.e - 2)).abs().max().item()


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("midpoint", 2), ("rk4", 4)])
def test_solver_order(solver: str, order: int) -> None:
    """Halving the step divides the error by 2 to the power of the method's order."""
    ratio = error(solver=solver, steps=8) / error(solver=solver, steps=16)

    assert ratio == pytest.approx(2**order, rel=0.15)


def test_tolerance() -> None:
    """The tolerance controls the adaptive solver."""
    assert error(solver="dopri5", tolerance=1e-8) < 1e-7 < error(solver="dopri5", tolerance=1e-2) < 1e-2


@pytest.mark.parametrize("parameters", [{"steps": 16}, {"solver": "dopri5"}])
def test_gradient_goes_through_the_solver(parameters: dict) -> None:
    """The gradient equals the gradient of the solution: e for dh/dt = h + t."""
    h = torch.zeros(1, 8, 2, 2, dtype=torch.float64, requires_grad=True)

    (gradient,) = torch.autograd.grad(block(**parameters)(h).sum(), h)

    torch.testing.assert_close(gradient, torch.full_like(gradient, torch.e), rtol=1e-4, atol=0)


def test_spectral_norm() -> None:
    """The field's kernels over the state have a largest singular value of 1 for any weights."""
    made = network(spectral_norm=True)
    for convolution in made.blocks[0].field.convolutions:
        with torch.no_grad():
            convolution.state.parametrizations.weight.original.mul_(7)
    for _ in range(50):  # each pass in training mode is one step of the power iteration
        made(torch.rand(2, 1, 16, 16, dtype=torch.float64))

    for convolution in made.eval().blocks[0].field.convolutions:
        norm = torch.linalg.matrix_norm(convolution.state.weight.flatten(1), 2).item()
        assert norm == pytest.approx(1, rel=0.01)


def test_steady_state() -> None:
    """The term is the weight times the state's change from t = 1 to 2, once per pass in training mode."""
    made = block(steady_state=0.3, steps=32)
    made(STATE)

    change = (torch.e**2 - torch.e) * STATE.square().mean().sqrt()
    torch.testing.assert_close(made.penalty(), 0.3 * change, rtol=1e-5, atol=0)
    assert made.penalty() == 0
    made.eval()(STATE)
    assert made.penalty() == 0


def test_steady_state_is_of_all_blocks() -> None:
    """The network's term gives gradients to every block's weights, and afterwards the network can be copied."""
    made = network(steady_state=0.3, blocks=2)
    made(torch.rand(4, 1, 16, 16, dtype=torch.float64))

    made.penalty().backward()

    assert all(one.field.convolutions[1].state.weight.grad.abs().max() > 0 for one in made.blocks)
    copy.deepcopy(made)
    assert network().penalty() == 0


def test_steady_state_makes_the_field_invariant() -> None:
    """With the term, the dynamics do not depend on the time; without it, they do."""
    h = torch.rand(2, 32, 4, 4, dtype=torch.float64)
    for weight, same in ((0.3, True), (0.0, False)):
        field = network(steady_state=weight).blocks[0].field
        slopes = [field(torch.tensor(t, dtype=torch.float64), h) for t in (0.0, 1.0)]
        assert torch.allclose(*slopes) == same


@pytest.mark.parametrize("blocks", [1, 4])
def test_resnet_is_the_control(blocks: int) -> None:
    """The residual network has the same weights, and equals the ODE solved with one Euler step per block."""
    ode = network(blocks=blocks, solver="euler", steps=1).eval()
    control = plugins.load("models", "resnet").build((1, 16, 16), blocks=blocks).double().eval()
    x = torch.rand(3, 1, 16, 16, dtype=torch.float64)

    assert sum(p.numel() for p in control.parameters()) == sum(p.numel() for p in ode.parameters())
    control.load_state_dict(ode.state_dict())
    torch.testing.assert_close(control(x), ode(x), rtol=0, atol=1e-12)
