"""A folded network equals the original network."""

import pytest
import torch
from torch import Tensor, nn

from robustloc.attacks.parts.losses import SquaredError
from robustloc.base import plugins
from robustloc.localizer.network import build
from robustloc.robustness import folding


@pytest.mark.parametrize("plugin", plugins.names("models"))
def test_equal_estimates_and_gradients(plugin: str) -> None:
    """Estimates and input gradients agree up to rounding; folding does not change the original."""
    torch.manual_seed(0)
    made = (
        build({"plugin": plugin, "parameters": {}}, (16, 16), torch.tensor([[-3.0, -4.0, 0.0], [3.0, 4.0, 0.0]]))
        .double()
        .train()
    )
    made(torch.rand(32, 1, 16, 16, dtype=torch.float64))
    before = {name: tensor.clone() for name, tensor in made.state_dict().items()}
    x = torch.rand(4, 1, 16, 16, dtype=torch.float64, requires_grad=True)
    y = torch.zeros(4, 3, dtype=torch.float64)

    twin = folding.folded(made.eval(), x)
    made.train()
    ours, theirs = (SquaredError(model, y)(x) for model in (twin, made))

    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)
    slopes = [torch.autograd.grad(losses.sum(), x)[0] for losses in (ours, theirs)]
    torch.testing.assert_close(*slopes, rtol=1e-8, atol=1e-10)
    assert made.training
    assert all(module.training for module in made.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in made.state_dict().items())
    if plugin in ("dcnn", "neural_ode"):
        assert not [module for module in twin.modules() if isinstance(module, nn.BatchNorm2d)]


class Skipping(nn.Module):
    """A network that calls the parts of its sequence separately."""

    def __init__(self):
        super().__init__()
        layers = (nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        self.layers = nn.Sequential(*layers, nn.Linear(32, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Call the first three layers, then the other layers."""
        return self.layers[3:](self.layers[:3](x))


class Hooked(nn.Module):
    """A network with a hook on its normalisation."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(72, 3))
        self.layers[1].register_forward_hook(lambda module, given, found: 2 * found)

    def forward(self, x: Tensor) -> Tensor:
        """Estimate with twice the normalised values."""
        return self.layers(x)


@pytest.mark.parametrize("made", [Skipping(), Hooked()], ids=["parts", "hook"])
def test_unusual_networks_are_left_alone(made: nn.Module) -> None:
    """A network that cannot be folded keeps its estimates."""
    x = torch.rand(5, 1, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(folding.folded(made.eval(), x)(x), made(x))
