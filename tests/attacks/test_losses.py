"""Losses of any network, and no trace of an attack on it."""

import pytest
import torch
from torch import Tensor, nn

from robustloc.attacks import apgd, gradient, noise, spsa, square
from robustloc.attacks.parts import losses


def network() -> nn.Module:
    """A network in training, one part of it frozen in eval mode, with gradients of an unfinished step."""
    torch.manual_seed(0)
    made = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(64, 3)
    )
    made(torch.rand(8, 1, 6, 6)).sum().backward()
    made[1].eval()
    return made


X, Y = torch.rand(5, 1, 6, 6, generator=torch.Generator().manual_seed(1)), torch.zeros(5, 3)


@pytest.mark.parametrize("attack", [gradient, apgd, square, spsa, noise])
def test_nothing_is_touched(attack) -> None:
    """Weights, statistics, gradients and modes are as before, and the network was in eval mode."""
    made = network()
    state = {name: tensor.clone() for name, tensor in made.state_dict().items()}
    gradients = [parameter.grad.clone() for parameter in made.parameters()]
    modes = [module.training for module in made.modules()]

    moved = attack.perturb(losses.SquaredError(made, Y), X, eps=0.1, norm="linf")

    assert all(torch.equal(tensor, state[name]) for name, tensor in made.state_dict().items())
    assert all(torch.equal(p.grad, g) for p, g in zip(made.parameters(), gradients, strict=True))
    assert [module.training for module in made.modules()] == modes
    assert torch.equal(moved, attack.perturb(losses.SquaredError(made, Y), X, eps=0.1, norm="linf"))


def test_losses() -> None:
    """`SquaredError` is the squared distance from the position, `closeness` its negative for a target."""
    model: nn.Module = nn.Flatten()
    x, goal = torch.tensor([[3.0, 4.0, 0.0]]), torch.zeros(1, 3)

    assert losses.SquaredError(model, goal)(x).tolist() == [25.0]
    assert losses.closeness(model, goal)(x).tolist() == [-25.0]


def test_modes_survive_an_error() -> None:
    """A network keeps its mode when its forward pass fails."""

    class Failing(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise RuntimeError("no")

    made = Failing()
    with pytest.raises(RuntimeError, match="no"):
        losses.SquaredError(made, Y)(X)
    assert made.training
