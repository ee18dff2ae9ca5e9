"""Median smoothing: noise in training, and a differentiable median under a fixed bank of noise."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from robustloc.attacks.parts.losses import SquaredError
from robustloc.defences import median_smoothing
from robustloc.robustness.folding import folded

EPS = 0.1


@pytest.fixture
def network() -> nn.Module:
    """A network with batch normalisation, in eval mode."""
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 3))
    return layers.eval().requires_grad_(False)


@pytest.fixture
def x() -> torch.Tensor:
    """Six users."""
    return torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def smoothed(network: nn.Module, **parameters: object) -> median_smoothing.Smoothed:
    """Wrap the network in the defence."""
    return median_smoothing.build(**parameters).wrap(network, EPS).eval()


def test_noise_of_training(network: nn.Module) -> None:
    """Each user's noise has the given size and depends only on the user's generator."""
    x, y = torch.zeros(4, 1, 32, 32), torch.zeros(4, 3)
    defence = median_smoothing.build(sigma_epsilons=2.0)
    generators = [torch.Generator().manual_seed(user) for user in range(9)]
    noisy, kept = defence.on_batch(network, x, y, EPS, generators)
    alone, _ = defence.on_batch(network, x[2:3], y[2:3], EPS, [torch.Generator().manual_seed(2)])

    torch.testing.assert_close(noisy.std(dim=(1, 2, 3)), torch.full((4,), 2 * EPS), rtol=0.1, atol=0)
    assert torch.equal(noisy[2:3], alone)
    assert kept is y


def test_median_of_the_bank(network: nn.Module, x: torch.Tensor) -> None:
    """The estimate is the median over the bank; a batch, double precision and folding do not change it."""
    model = smoothed(network, draws=7).double()
    bank = torch.randn(7, 1, 8, 8, generator=torch.Generator().manual_seed(median_smoothing.BANK_SEED)).double()
    expected = torch.stack([network(x.double() + EPS * pattern) for pattern in bank]).quantile(0.5, dim=0)

    torch.testing.assert_close(model(x.double()), expected)
    torch.testing.assert_close(torch.cat([model(one) for one in x.double().split(1)]), expected)
    torch.testing.assert_close(folded(model, x.double())(x.double()), expected)
    torch.testing.assert_close(deepcopy(model).float()(x), expected.float(), rtol=1e-4, atol=1e-4)
    assert not [name for name in model.state_dict() if not name.startswith("localizer.")]


def test_gradient(network: nn.Module, x: torch.Tensor) -> None:
    """Gradients agree with central differences of the median."""
    model, y = smoothed(network).double(), torch.zeros(2, 3, dtype=torch.float64)

    assert torch.autograd.gradcheck(SquaredError(model, y), x[:2].double().requires_grad_(), eps=1e-7, atol=1e-5)


@pytest.mark.parametrize(
    ("parameters", "message"), [({"draws": 4}, "odd number, found 4"), ({"sigma_epsilons": 0.0}, "more than 0")]
)
def test_refused(parameters: dict, message: str) -> None:
    """An even number of draws and a standard deviation of zero are errors."""
    with pytest.raises(ValueError, match=message):
        median_smoothing.build(**parameters)
