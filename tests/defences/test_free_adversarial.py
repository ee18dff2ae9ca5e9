"""Free adversarial training is Algorithm 1 of Shafahi et al. (2019): perturbations go on from batch to batch."""

import pytest
import torch
from torch import Tensor, nn

from robustloc.defences.free_adversarial import FreeAdversarial, build

EPS, PLACES = 0.1, 4
GENERATOR = torch.Generator().manual_seed(0)
# far enough above zero that the bound on magnitudes has no effect
USERS = 2 * EPS + torch.rand(10, 1, 8, 8, generator=GENERATOR)
POSITIONS = torch.randn(10, 3, generator=GENERATOR)
BATCHES = [slice(0, 4), slice(4, 8), slice(8, 10)]  # the last one is smaller


@pytest.fixture
def network() -> nn.Module:
    """A network without batch statistics, so that a user's gradient does not depend on other users."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.Tanh(), nn.Flatten(), nn.Linear(108, 3))


def fresh() -> list[torch.Generator]:
    """One generator per place in a batch."""
    return [torch.Generator().manual_seed(place) for place in range(PLACES)]


def slope(network: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Return the gradient of each user's distance."""
    point = x.clone().requires_grad_()
    return torch.autograd.grad(torch.linalg.vector_norm(network(point) - y, dim=1).sum(), point)[0]


def epoch(defence: FreeAdversarial, network: nn.Module) -> list[Tensor]:
    """Present an epoch; return the perturbed users of each presentation."""
    defence.on_epoch()
    seen, generators = [], fresh()
    for part in BATCHES:
        for _ in range(defence.repeats):
            defence.loss(network, USERS[part].clone(), POSITIONS[part], EPS, generators).backward()
            seen.append(defence.perturbed.detach())
            defence.after_backward()
    return seen


def test_algorithm(network: nn.Module) -> None:
    """delta <- clip(delta + eps sign(gradient)), for each place; only the first presentation of an epoch is clean."""
    delta, expected = torch.zeros(PLACES, 1, 8, 8), []
    for part in BATCHES:
        x, y = USERS[part], POSITIONS[part]
        for _ in range(3):
            own = delta[: len(x)]
            expected.append(x + own)
            delta[: len(x)] = (own + EPS * slope(network, x + own, y).sign()).clamp(-EPS, EPS)

    for found, wanted in zip(epoch(build(repeats=3), network), expected, strict=True):
        torch.testing.assert_close(found, wanted)
    assert torch.equal(expected[0], USERS[BATCHES[0]])
    assert not torch.equal(expected[3], USERS[BATCHES[1]])
    assert not torch.equal(expected[6], USERS[BATCHES[2]])


def test_epochs_begin_anew(network: nn.Module) -> None:
    """A second epoch presents what the first one did, so a training that continues after a kill does as well."""
    defence = build()

    for first, second in zip(epoch(defence, network), epoch(defence, network), strict=True):
        assert torch.equal(first, second)


def test_drawn_epsilons(network: nn.Module) -> None:
    """Each user keeps to the epsilon that it draws, also with the perturbation of the user before it."""
    defence, generators, radii = build(epsilon="drawn"), fresh(), []
    for part in BATCHES:
        for presentation in range(3):
            defence.loss(network, USERS[part], POSITIONS[part], EPS, generators).backward()
            moved = (defence.perturbed.detach() - USERS[part]).abs().amax(dim=(1, 2, 3))
            assert (moved <= defence.radii.flatten() + 1e-6).all()
            assert presentation == 0 or (moved >= defence.radii.flatten() - 1e-6).all()
            defence.after_backward()
        radii += defence.radii.flatten().tolist()

    assert len({round(radius, 6) for radius in radii}) == 10
    assert 0 < min(radii) < max(radii) < EPS


def test_magnitudes(network: nn.Module) -> None:
    """No pixel becomes negative."""
    dark, defence = torch.zeros(PLACES, 1, 8, 8), build()
    for _ in range(3):
        defence.loss(network, dark, POSITIONS[:PLACES], EPS, fresh()).backward()
        assert defence.perturbed.min() >= 0
        defence.after_backward()

    assert defence.perturbed.max() > 0
