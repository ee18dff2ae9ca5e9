"""Attacks use what a network gives them against rounding and random numbers, wherever in the network it is."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import robustloc as rl
from robustloc.attacks.parts.losses import SquaredError, estimates
from robustloc.attacks.parts.seeing_through import draws, has_stand_in
from robustloc.data.scale import Scale
from robustloc.defences.map_clamp import Clamped
from robustloc.localizer.network import Localizer, scripted
from robustloc.robustness import domains
from robustloc.robustness.crafting import craft
from robustloc.robustness.examination import pgd
from robustloc.robustness.measuring import measure

EPS = 0.02
X = torch.rand(24, 1, 8, 8, generator=torch.Generator().manual_seed(0))
AREA = torch.tensor([[-1e3] * 3, [1e3] * 3])


def network() -> nn.Sequential:
    """A network with batch normalisation to fold, in eval mode."""
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.Tanh(), nn.Flatten(), nn.Linear(288, 3))
    made(X)
    return made.eval()


class Rounding(nn.Module):
    """A layer that rounds to a grid as wide as epsilon."""

    def forward(self, x: Tensor) -> Tensor:
        """Round."""
        return torch.round(x / 0.02) * 0.02


class SmoothRounding(Rounding):
    """The same with a stand-in."""

    def stand_in(self, x: Tensor) -> Tensor:
        """Leave the input as it is."""
        return x


class Rounded(nn.Module):
    """A network that rounds its input, with a stand-in for the whole network."""

    def __init__(self, inner: nn.Module):
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions of rounded inputs, in place as foreign code may do it."""
        return self.inner(x.div_(0.02).round_().mul_(0.02))

    @torch.jit.export
    def stand_in(self, x: Tensor):
        """Estimate positions without rounding."""
        return self.inner(x)


class Noisy(nn.Module):
    """A network under noise that is much larger than epsilon."""

    def __init__(self, inner: nn.Module, number: object):
        super().__init__()
        self.inner, self.draws_for_attacks = inner, number

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions of noisy inputs."""
        return self.inner(x + 1.0 * torch.randn_like(x))


def localizer(inner: nn.Module) -> Localizer:
    """Scale the positions of a network."""
    return Localizer(inner, torch.tensor([5.0, 4.0, 1.5]), 3.0, AREA).eval()


def from_file(inner: nn.Module) -> nn.Module:
    """Make a localizer from TorchScript."""
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(localizer_of_file(inner)), file)
    return scripted(torch.frombuffer(bytearray(file.getvalue()), dtype=torch.uint8), torch.zeros(1, 3))


def localizer_of_file(inner: nn.Module) -> nn.Module:
    """A network that returns metres, rounded at its input."""
    inner[-1].weight.data.mul_(3.0)
    return Rounded(inner).eval()


PLACES = {
    "network": lambda inner: localizer(Rounded(inner)),
    "layer": lambda inner: localizer(nn.Sequential(SmoothRounding(), *inner)),
    "wrapper": lambda inner: Rounded(localizer(inner)),
    "below a wrapper": lambda inner: Clamped(localizer(Rounded(inner))),
    "file": from_file,
}


def users(model: nn.Module) -> tuple[domains.Domain, np.ndarray]:
    """Users whose true positions are the estimates of a network."""
    with torch.no_grad():
        return domains.of_inputs(X[:, 0].numpy().copy(), Scale("raw", 1.0)), estimates(model, X).numpy()


def attack(loss: Callable, x: Tensor, *, eps: float, generators: list) -> Tensor:
    """PGD as an attack of the attack stage."""
    return pgd()(loss, x, eps=eps, norm="linf")


def reached(source: nn.Module, model: nn.Module) -> float:
    """Craft on one network as the attack stage does, and return the RMSE [m] of another one."""
    some, goals = users(model)
    moved, *_ = craft(source, some, goals, attack, eps=EPS, norm="linf", seeds=list(range(24)), batch_size=24)
    found = measure(model, some, moved, X[:, 0].numpy(), Scale("raw", 1.0), 24)
    return float(np.sqrt(((found.prediction - goals) ** 2).sum(axis=1).mean()))


@pytest.mark.parametrize("place", PLACES)
def test_rounding(place: str) -> None:
    """With a stand-in, attacks reach nine tenths of the error of the network that does not round."""
    plain = localizer(network())
    rounded = PLACES[place](network())

    assert has_stand_in(rounded)
    assert reached(rounded, rounded) >= 0.9 * reached(plain, plain)


def test_rounding_without_a_stand_in() -> None:
    """Without it, they reach far less."""
    plain, rounded = localizer(network()), localizer(nn.Sequential(Rounding(), *network()))

    assert not has_stand_in(rounded)
    assert reached(rounded, rounded) < 0.5 * reached(plain, plain)


def test_library() -> None:
    """`rl.attack` and `rl.examine` see through the rounding of an own network, and leave it as it was."""
    model, y = Rounded(network()), network()(X).detach()

    moved = rl.attack(model, X, y, "gradient", eps=EPS, step=2.5)
    found = rl.examine(model, X, y, eps=EPS)

    plain = rl.attack(network(), X, y, "gradient", eps=EPS, step=2.5)
    errors = [rl.position_error(model(one.clone()), y).mean() for one in (moved, plain)]
    assert errors[0] >= 0.9 * errors[1]
    assert found["dead_gradients"] == found["traces"] == 0
    assert found["pgd_rmse_m"] > 2 * found["noise_rmse_m"]


def test_values_are_those_of_the_network() -> None:
    """A stand-in changes gradients alone: estimates are the same to the bit, and the state of torch, too."""
    model = localizer(Rounded(network()))
    x = X.clone().requires_grad_()

    found = estimates(model, x)

    with torch.no_grad():
        assert torch.equal(found, model(X))
    (slope,) = torch.autograd.grad(found.sum(), x)
    (smooth,) = torch.autograd.grad(localizer(network())(x).sum(), x)
    assert torch.equal(slope, smooth)
    assert not torch.autograd.grad(model(x).sum(), x)[0].any()  # nobody sees through it outside of attacks


def test_draws() -> None:
    """The loss averages over the draws that a network asks for, and so finds more than with one of them."""
    y = network()(X).detach()
    averaged = SquaredError(Noisy(network(), 200), y)

    def error(number: int) -> float:
        torch.manual_seed(0)
        moved = rl.attack(Noisy(network(), number), X, y, "gradient", eps=0.3, steps=5, step=2.5)
        with torch.no_grad():
            return float(averaged.displacement(moved).norm(dim=1).mean())

    assert error(30) > 1.1 * error(1)


def test_a_draw_is_evaluated() -> None:
    """Estimates are one draw of the network; the loss is the mean error of its draws, not the error of their mean."""
    torch.manual_seed(0)
    calls, model, y = [], Noisy(network(), 40), torch.zeros(24, 3)
    model.register_forward_hook(lambda *_: calls.append(1))

    estimates(model, X)
    assert len(calls) == 1
    loss = SquaredError(model, y)
    with torch.no_grad():
        assert loss(X).mean() > 1.05 * (loss.displacement(X) ** 2).sum(dim=1).mean()
    assert len(calls) == 81
    assert draws(Clamped(localizer(model))) == 40


def test_directions_on_random_estimates() -> None:
    """The clean input is compared with moved ones by the same loss, so its noise does not make it the best point."""

    class Jumping(nn.Module):
        draws_for_attacks = 2
        jump = 3.0

        def forward(self, x: Tensor) -> Tensor:
            """Estimate positions that jump to both sides in turn, further than any perturbation moves them."""
            self.jump = -self.jump
            return plain(x) + self.jump

    plain, x = network(), X[:4].clone()
    y = plain(x).detach()

    short = {"directions": 1, "steps": 2, "last_steps": 4}
    moved, wanted = (rl.attack(model, x, y, "directions", eps=EPS, **short) for model in (Jumping(), plain))

    errors = [rl.position_error(plain(one), y) for one in (moved, wanted)]
    np.testing.assert_allclose(*errors, rtol=1e-2)
