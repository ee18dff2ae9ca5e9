"""The adaptive solver is accurate, and treats each sample as if it were alone."""

import pytest
import torch
from torch import Tensor, nn
from torchdiffeq import odeint

from robustloc.base.errors import UserError
from robustloc.models.parts import dopri5
from robustloc.models.parts.blocks import Field

ONE = torch.tensor([0.0, 1.0], dtype=torch.float64)
STATES = torch.linspace(-1, 1, 96, dtype=torch.float64).view(3, 8, 2, 2)


def growth(t: Tensor, h: Tensor) -> Tensor:
    """dh/dt = h + t, whose solution from h(0) is (h(0) + 1) e^t - t - 1."""
    return h + t


class Counting:
    """dh/dt = -rate (h - cos t), the rate being a sample's first channel; records the times of evaluation."""

    def __init__(self, rates: list[float]):
        self.rates, self.times = torch.tensor(rates, dtype=torch.float64), []

    def __call__(self, t: Tensor, h: Tensor) -> Tensor:
        """Return dh/dt; the first channel is constant."""
        self.times.append(t)
        rate = self.rates[h[:, 0, 0, 0].long()].view(-1, 1, 1, 1)
        return torch.cat([torch.zeros_like(h[:, :1]), -rate * (h[:, 1:] - torch.cos(t))], dim=1)


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6, 1e-9])
def test_closed_form(tolerance: float) -> None:
    """The error is about the tolerance."""
    error = (dopri5.solve(growth, STATES, tolerance) - ((STATES + 1) * torch.e - 2)).abs().max()

    assert error < 10 * tolerance


def test_torchdiffeq() -> None:
    """With a tight tolerance the solver agrees with torchdiffeq on a network's field."""
    torch.manual_seed(0)
    field, h = Field((8, 2, 2)).double(), torch.randn(1, 8, 2, 2, dtype=torch.float64)
    with torch.no_grad():
        expected = odeint(field, h, ONE, rtol=1e-9, atol=1e-9, method="dopri5")[-1]
        found = dopri5.solve(field, h, 1e-9, max_steps=1000)

    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_each_sample_has_its_own_steps() -> None:
    """A stiff and a slow sample give the same results as alone; the slow one takes no extra steps."""
    h = torch.ones(3, 4, 2, 2, dtype=torch.float64)
    h[:, 0] = torch.arange(3.0).view(3, 1, 1)
    together, single = Counting([50.0, 0.1, 3.0]), [Counting([50.0, 0.1, 3.0]) for _ in h]

    found = dopri5.solve(together, h, 1e-4)
    alone = torch.cat([dopri5.solve(field, one, 1e-4) for field, one in zip(single, h.split(1), strict=True)])

    torch.testing.assert_close(found, alone, rtol=0, atol=1e-12)
    assert sum(len(t) for t in together.times) == sum(len(field.times) for field in single)
    assert len(single[0].times) > 3 * len(single[1].times)


def test_no_step_passes_the_end() -> None:
    """The solver evaluates the field at times from 0 to 1 only, because a network learns nothing outside."""
    field = Counting([0.01])
    dopri5.solve(field, torch.zeros(1, 4, 2, 2, dtype=torch.float64), 1e-3)

    assert min(float(t.min()) for t in field.times) == 0
    assert max(float(t.max()) for t in field.times) == 1


def test_gradient() -> None:
    """The gradient equals a finite difference, also if samples end after different numbers of steps."""
    torch.manual_seed(0)
    field = nn.Conv2d(8, 8, 3, padding=1).double()
    h = torch.randn(4, 8, 4, 4, dtype=torch.float64) * torch.tensor([0.1, 1, 3, 10]).view(4, 1, 1, 1)
    weight, step = torch.randn_like(h), 1e-6 * torch.randn_like(h)

    def moved(h: Tensor) -> Tensor:
        return (weight * dopri5.solve(lambda t, h: torch.sin(field(h) + t), h, 1e-7)).sum(dim=(1, 2, 3))

    (gradient,) = torch.autograd.grad(moved(h.requires_grad_()).sum(), h)
    with torch.no_grad():
        slopes = (moved(h + step) - moved(h - step)) / 2

    torch.testing.assert_close((gradient * step).sum(dim=(1, 2, 3)), slopes, rtol=1e-4, atol=0)


def test_weights_get_gradients() -> None:
    """Solving passes gradients to the field's weights."""
    rate = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)

    dopri5.solve(lambda t, h: rate * h, STATES, 1e-6).sum().backward()

    torch.testing.assert_close(rate.grad, STATES.sum() * torch.e, rtol=1e-4, atol=1e-6)


def test_not_finite() -> None:
    """A field that returns non-finite numbers is an error."""
    with pytest.raises(UserError, match="a state is not a finite number"):
        dopri5.solve(lambda t, h: h / 0, STATES, 1e-3)


def test_too_many_steps() -> None:
    """A field that is too stiff is an error, not an endless run."""
    with pytest.raises(UserError, match=r"a state needs more than 20 steps at tolerance 0\.001; raise the tolerance"):
        dopri5.solve(lambda t, h: -1e6 * h, STATES, 1e-3, max_steps=20)
