"""Every defence file: what it does to a training batch, and what it leaves alone."""

import pytest
import torch
from torch import nn

from robustloc import plugins

FGSM = {"plugin": "gradient", "norm": "linf", "parameters": {"steps": 1}}
PGD = {"plugin": "gradient", "norm": "linf", "parameters": {"steps": 3, "random_start": True}}
EPS = 0.1


@pytest.fixture
def batch() -> tuple[nn.Module, torch.Tensor, torch.Tensor, list[torch.Generator]]:
    """A network in training mode, a batch and one generator per user."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 3)]
    generators = [torch.Generator().manual_seed(user) for user in range(10)]
    return nn.Sequential(*layers).train(), torch.rand(10, 1, 8, 8), torch.randn(10, 3), generators


@pytest.mark.parametrize("name", plugins.names("defences"))
def test_contract(name: str, batch: tuple) -> None:
    """A batch stays one of users; the network's mode, weights, statistics and gradients stay."""
    network, x, y, generators = batch
    before = {key: value.clone() for key, value in network.state_dict().items()}
    defence = plugins.load("defences", name).build(attacks=[plugins.attack(PGD)])

    new_x, new_y = defence.on_batch(network, x, y, EPS, generators)

    assert new_x.shape[1:] == x.shape[1:]
    assert new_y.shape == (len(new_x), 3)
    assert torch.isfinite(new_x).all()
    assert network.training
    assert all(module.training for module in network.modules())
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_none_changes_nothing(batch: tuple) -> None:
    """Without defence the batch is the batch."""
    network, x, y, generators = batch

    new_x, _ = plugins.load("defences", "none").build(attacks=[]).on_batch(network, x, y, EPS, generators)

    assert new_x is x


@pytest.mark.parametrize(("share", "clean"), [(0.5, 5), (0.0, 0), (0.8, 8)])
def test_clean_share(batch: tuple, share: float, clean: int) -> None:
    """That share of the users stays clean, all others are perturbed, each with an epsilon of its own."""
    network, x, y, generators = batch
    defence = plugins.load("defences", "adversarial").build(attacks=[plugins.attack(FGSM)], clean_share=share)

    new_x, new_y = defence.on_batch(network, x, y, EPS, generators)

    assert torch.equal(new_y, y)
    moved = (new_x - x).abs().amax(dim=(1, 2, 3))
    assert (moved[:clean] == 0).all()
    assert ((moved[clean:] > 0) & (moved[clean:] <= EPS * (1 + 1e-5))).all()
    assert len(set(moved[clean:].tolist())) == 10 - clean


def test_examples_are_adversarial(batch: tuple) -> None:
    """The perturbed users are worse located by the network that they were crafted on."""
    network, x, y, generators = batch
    defence = plugins.load("defences", "adversarial").build(attacks=[plugins.attack(PGD)], clean_share=0.0)

    new_x, _ = defence.on_batch(network, x, y, EPS, generators)

    network.eval()
    assert ((network(new_x) - y) ** 2).sum(dim=1).gt(((network(x) - y) ** 2).sum(dim=1)).float().mean() >= 0.9


def test_needs_an_attack() -> None:
    """Adversarial training without an attack is an error."""
    with pytest.raises(ValueError, match="at least one attack"):
        plugins.load("defences", "adversarial").build(attacks=[])
