"""Defences: what each file changes in a training batch, and what it leaves unchanged."""

import pytest
import torch
from torch import nn

from robustloc.attacks import gradient
from robustloc.base import plugins
from robustloc.defences.jacobian import bound
from robustloc.defences.parts.base import Defence
from robustloc.localizer.network import build as build_localizer

FGSM = {"plugin": "gradient", "norm": "linf", "parameters": {"steps": 1}}
PGD = {"plugin": "gradient", "norm": "linf", "parameters": {"steps": 3, "random_start": True}}
EPS = 0.1


def fresh() -> list[torch.Generator]:
    """One generator per user."""
    return [torch.Generator().manual_seed(user) for user in range(10)]


@pytest.fixture
def batch() -> tuple[nn.Module, torch.Tensor, torch.Tensor, list[torch.Generator]]:
    """A network in training mode, a batch and one generator per user."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 3)]
    return nn.Sequential(*layers).train(), torch.rand(10, 1, 8, 8), torch.randn(10, 3), fresh()


def build(name: str, *attacks: dict, **parameters: object) -> Defence:
    """Build a defence with the attacks that it crafts with."""
    return plugins.defence(name, [plugins.attack(one) for one in attacks], parameters)


@pytest.mark.parametrize("name", plugins.names("defences"))
def test_can_be_configured(name: str) -> None:
    """The name is valid in a configuration; the parameters are keyword-only and have types."""
    assert name.islower()
    assert name.isidentifier()
    plugins.options("defences", name)


@pytest.mark.parametrize("name", plugins.names("defences"))
def test_contract(name: str, batch: tuple) -> None:
    """Users keep their shape, and losses are finite and reach the weights.

    The network's modes, weights and statistics do not change.
    """
    network, x, y, generators = batch
    before = {key: value.clone() for key, value in network.state_dict().items()}
    defence = build(name, PGD)

    everybody = defence.on_training_set(network, x, y, EPS, generators)
    users = defence.on_batch(network, x, y, EPS, generators)
    score = defence.score(network.eval(), x, y, EPS, generators)
    same = all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert not any(parameter.grad is not None for parameter in network.parameters())
    network.train()
    loss = defence.loss(network, x, y, EPS, generators)
    loss.backward()
    defence.after_backward()

    for new_x, new_y in (everybody, users):
        assert new_x.shape[1:] == x.shape[1:]
        assert new_y.shape == (len(new_x), 3)
        assert torch.isfinite(new_x).all()
    assert same
    assert score.isfinite()
    assert loss.isfinite()
    assert all(module.training for module in network.modules())
    assert all(parameter.grad.abs().sum() > 0 for parameter in network[-1].parameters())


@pytest.mark.parametrize("name", plugins.names("defences"))
def test_users_draw_for_themselves(name: str, batch: tuple) -> None:
    """The perturbation of a user depends on its own generator, not on the generators of other users."""
    network, x, y, _ = batch
    network.eval()

    def users(first: int) -> torch.Tensor:
        # the last user comes after every clean share, so it is perturbed
        generators = [torch.Generator().manual_seed(seed) for seed in [*range(first, first + 9), 5]]
        generators[0].manual_seed(0)  # the first generator also draws the attack
        return build(name, PGD).on_batch(network, x, y, EPS, generators)[0][-1]

    torch.testing.assert_close(users(100), users(200), rtol=0, atol=1e-6)


def test_none_changes_nothing(batch: tuple) -> None:
    """Without a defence the batch does not change."""
    network, x, y, generators = batch

    new_x, _ = build("none").on_batch(network, x, y, EPS, generators)

    assert new_x is x


@pytest.mark.parametrize(("share", "clean"), [(0.5, 5), (0.0, 0), (0.8, 8)])
def test_clean_share(batch: tuple, share: float, clean: int) -> None:
    """The clean share of the users does not change; every other user is perturbed with its own epsilon."""
    network, x, y, generators = batch
    defence = build("adversarial", FGSM, clean_share=share)

    new_x, new_y = defence.on_batch(network, x, y, EPS, generators)

    assert torch.equal(new_y, y)
    moved = (new_x - x).abs().amax(dim=(1, 2, 3))
    assert (moved[:clean] == 0).all()
    assert ((moved[clean:] > 0) & (moved[clean:] <= EPS * (1 + 1e-5))).all()
    assert len(set(moved[clean:].tolist())) == 10 - clean


def test_examples_are_adversarial(batch: tuple) -> None:
    """The attacked network has larger errors for the perturbed users."""
    network, x, y, generators = batch
    defence = build("adversarial", PGD, clean_share=0.0)

    new_x, _ = defence.on_batch(network, x, y, EPS, generators)

    network.eval()
    assert ((network(new_x) - y) ** 2).sum(dim=1).gt(((network(x) - y) ** 2).sum(dim=1)).float().mean() >= 0.9


@pytest.mark.parametrize("name", ["adversarial", "static_adversarial", "trades"])
def test_needs_an_attack(name: str) -> None:
    """A defence that crafts examples refuses an empty list of attacks."""
    with pytest.raises(ValueError, match="at least one attack"):
        build(name)


def test_static_copies(batch: tuple) -> None:
    """The clean users stay, and each attack adds a copy of all users that is crafted on the initial network."""
    network, x, y, generators = batch
    network.eval()

    new_x, new_y = build("static_adversarial", FGSM, PGD).on_training_set(network, x, y, EPS, generators[:4])

    assert torch.equal(new_x[:10], x)
    assert torch.equal(new_y, torch.cat([y, y, y]))
    for copy in new_x[10:].split(10):
        assert (copy - x).abs().max() <= EPS * (1 + 1e-5)
        worse = ((network(copy) - y) ** 2).sum(dim=1) > ((network(x) - y) ** 2).sum(dim=1)
        assert worse.float().mean() >= 0.9


def test_jacobian_bound(batch: tuple) -> None:
    """The bound is exact for a linear map, and no small perturbation of another network exceeds it."""
    network, x, _, _ = batch
    linear = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    expected = torch.linalg.vector_norm(linear[1].weight.abs().sum(dim=1)).expand(10)
    torch.testing.assert_close(bound(linear, x, EPS), EPS * expected)

    network = network.double().eval()
    x, small = x.double(), 1e-6
    target = network(x).detach() + torch.tensor([3.0, 1.0, 1.0])
    moved = gradient.perturb(lambda z: -((network(z) - target) ** 2).sum(dim=1), x, eps=small, norm="linf", steps=5)

    assert (torch.linalg.vector_norm(network(moved) - network(x), dim=1) <= bound(network, x, small) * (1 + 1e-3)).all()


def test_trades_without_perturbation_is_clean_training(batch: tuple) -> None:
    """At epsilon 0 the loss is the distance from the truth; a larger epsilon adds the weighted second term."""
    network, x, y, generators = batch
    network.eval()
    clean = torch.linalg.vector_norm(network(x) - y, dim=1).mean()

    torch.testing.assert_close(build("trades", PGD).loss(network, x, y, 0.0, generators), clean)
    more = [build("trades", PGD, weight=weight).loss(network, x, y, EPS, fresh()) - clean for weight in (1.0, 3.0)]
    torch.testing.assert_close(more[1], 3 * more[0])
    assert more[0] > 0


def test_noise(batch: tuple) -> None:
    """The noise has the configured standard deviation."""
    network, _, y, generators = batch
    x = torch.zeros(10, 1, 64, 64)

    moved, _ = build("noise", sigma_epsilons=2.0).on_batch(network, x, y, EPS, generators)

    assert moved.std().item() == pytest.approx(2 * EPS, rel=0.02)


def test_map_clamp() -> None:
    """Estimates outside the box of the training users move to its border; inside, estimates and gradients stay."""
    torch.manual_seed(0)
    position = torch.tensor([[0.0, 0.0, 2.0], [10.0, 20.0, 2.0]])
    made = build_localizer({"plugin": "constant", "parameters": {}}, (8, 8), position)
    made.network = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    wrapped = build("map_clamp").wrap(made, EPS)
    x = torch.randn(50, 1, 8, 8).requires_grad_()

    bare, clamped = made(x), wrapped(x)
    (slope,) = torch.autograd.grad(clamped.sum(), x)
    inside = ((bare >= position[0]) & (bare <= position[1]))[:, :2].all(dim=1)

    assert 0 < inside.sum() < 50
    torch.testing.assert_close(clamped[inside][:, :2], bare[inside][:, :2])
    torch.testing.assert_close(clamped, torch.minimum(torch.maximum(bare, position[0]), position[1]))
    assert (slope[inside] != 0).any()
