"""The faster network is the same network."""

import pytest
import torch

from robustloc import folding, localizer
from robustloc.victim import squared_error


@pytest.mark.parametrize("plugin", ["dcnn", "neural_ode", "constant"])
def test_equal_estimates_and_gradients(plugin: str) -> None:
    """Estimates and input gradients agree to rounding, also when the original is in training, which it stays."""
    torch.manual_seed(0)
    made = localizer.build({"plugin": plugin, "parameters": {}}, (16, 16), torch.zeros(3), 5.0).double().train()
    made(torch.rand(32, 1, 16, 16, dtype=torch.float64))
    before = {name: tensor.clone() for name, tensor in made.state_dict().items()}
    x = torch.rand(4, 1, 16, 16, dtype=torch.float64, requires_grad=True)
    y = torch.zeros(4, 3, dtype=torch.float64)

    twin = folding.folded(made)
    ours, theirs = (squared_error(model, y)(x) for model in (twin, made))

    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)
    slopes = [torch.autograd.grad(losses.sum(), x)[0] for losses in (ours, theirs)]
    torch.testing.assert_close(*slopes, rtol=1e-8, atol=1e-10)
    assert made.training
    assert all(module.training for module in made.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in made.state_dict().items())
    kinds = {type(module).__name__ for module in twin.modules()}
    assert "BatchNorm2d" not in kinds
