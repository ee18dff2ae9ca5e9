"""Every model file meets the contract that training, attacks and tables rely on."""

import pytest
import torch
from configurations import LIBRARY
from torch import nn

from robustloc.attacks.parts.losses import estimates, untouched
from robustloc.base import plugins
from robustloc.experiment.entries import entry
from robustloc.localizer.network import build as build_localizer

ENTRIES = {name: entry(LIBRARY, "models", name) for name in LIBRARY["models"]}
CONFIGURED = {name: (found["plugin"], found["parameters"]) for name, found in ENTRIES.items()}
DEFAULTS = {f"{name} (defaults)": (name, {}) for name in plugins.names("models")}
OPTIONS = {
    "dcnn (group)": ("dcnn", {"norm": "group"}),
    "neural_ode (euler)": ("neural_ode", {"solver": "euler", "steps": 3}),
    "neural_ode (midpoint)": ("neural_ode", {"solver": "midpoint"}),
    "neural_ode (dopri5)": ("neural_ode", {"solver": "dopri5", "blocks": 2}),
    "neural_ode (spectral_norm)": ("neural_ode", {"spectral_norm": True}),
    "neural_ode (steady_state)": ("neural_ode", {"steady_state": 0.1}),
    "neural_ode (all)": ("neural_ode", {"solver": "dopri5", "spectral_norm": True, "steady_state": 0.1}),
    "resnet (4)": ("resnet", {"blocks": 4}),
    "wknn (2)": ("wknn", {"neighbours": 2, "references": 20}),
}
ALL = CONFIGURED | DEFAULTS | OPTIONS
MODELS = {name: made for place, (name, made) in enumerate(ALL.items()) if made not in [*ALL.values()][:place]}
MOVING = [name for name in MODELS if "constant" not in name]
TRAINABLE = [name for name in MOVING if "wknn" not in name]
# Relative error of a gradient that leaves out the choice of the step lengths.
NEARLY = {"dopri5": 0.05}
SHAPES = [(16, 16), (32, 32), (64, 64)]


def build(name: str, shape: tuple[int, int] = (8, 8), users: int = 32) -> nn.Module:
    """Build a model with made-up batch statistics and memories, in eval mode and double precision."""
    torch.manual_seed(0)
    plugin, parameters = MODELS[name]
    model = plugins.load("models", plugin).build((1, *shape), **parameters).double()
    x = torch.rand(users, 1, *shape, dtype=torch.float64)
    if hasattr(model, "remember"):
        model.remember(untouched(x), torch.randn(users, 3, dtype=torch.float64))
    model(untouched(x))
    return model.eval()


@pytest.mark.parametrize("name", plugins.names("models"))
def test_can_be_configured(name: str) -> None:
    """The model's name is valid in a configuration; its parameters are keyword-only and have types."""
    assert name.islower()
    assert name.isidentifier()
    plugins.options("models", name)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", [name for name in MODELS if name not in OPTIONS])
def test_shape(name: str, shape: tuple[int, int]) -> None:
    """N profiles of any supported size give N positions."""
    output = estimates(build(name, shape, users=8), torch.rand(5, 1, *shape, dtype=torch.float64))

    assert output.shape == (5, 3)
    assert torch.isfinite(output).all()


@pytest.mark.parametrize("name", MODELS)
def test_batch_mates_do_not_matter(name: str) -> None:
    """Prediction and input gradient of a user are the same alone, in a batch, and in another batch."""
    model = build(name)
    x = torch.rand(12, 1, 8, 8, dtype=torch.float64, requires_grad=True)
    mates = torch.rand(11, 1, 8, 8, dtype=torch.float64)

    together = estimates(model, x)
    (gradient,) = torch.autograd.grad(together.square().sum(), x)
    alone = x[:1].detach().requires_grad_()
    prediction = estimates(model, alone)
    (own,) = torch.autograd.grad(prediction.square().sum(), alone)

    torch.testing.assert_close(together[:1], prediction, rtol=0, atol=1e-10)
    torch.testing.assert_close(gradient[:1], own, rtol=0, atol=1e-10)
    torch.testing.assert_close(estimates(model, torch.cat([x[:1], mates]))[:1], prediction, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", MODELS)
def test_estimates_leave_no_trace(name: str) -> None:
    """In eval mode, the same input gives the same output, and weights and buffers do not change."""
    model = build(name)
    x = torch.rand(3, 1, 8, 8, dtype=torch.float64)
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}

    assert torch.equal(estimates(model, x), estimates(model, x))
    assert all(torch.equal(tensor, before[key]) for key, tensor in model.state_dict().items())


@pytest.mark.parametrize("name", MOVING)
def test_input_gradient(name: str) -> None:
    """The gradient with respect to the input equals a finite difference and is not zero."""
    model = build(name)
    x = torch.rand(3, 1, 8, 8, dtype=torch.float64)
    point = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(estimates(model, point).square().sum(), point)
    direction = gradient / gradient.norm()

    step = 1e-7
    with torch.no_grad():
        ahead, behind = (estimates(model, x + sign * step * direction).square().sum() for sign in (1, -1))

    assert gradient.abs().max() > 0
    off = max(NEARLY.get(value, 1e-4) for value in [None, *MODELS[name][1].values()])
    torch.testing.assert_close((ahead - behind) / (2 * step), gradient.norm(), rtol=off, atol=0)


@pytest.mark.parametrize("name", TRAINABLE)
def test_learns_eight_users(name: str) -> None:
    """A few steps of training fit eight users far better than their mean."""
    torch.manual_seed(0)
    plugin, parameters = MODELS[name]
    model = plugins.load("models", plugin).build((1, 8, 8), **parameters)
    x, y = torch.rand(8, 1, 8, 8), torch.randn(8, 3)
    y -= y.mean(dim=0)
    optimizer = torch.optim.AdamW(model.parameters(), 5e-3)
    for _ in range(150):
        optimizer.zero_grad()
        error = (model(untouched(x)) - y).square().mean()
        if error < 0.05 * y.square().mean():
            return
        (error + (model.penalty() if hasattr(model, "penalty") else 0)).backward()
        optimizer.step()
    pytest.fail(f"after 150 steps the mean square error is {error.item()}")


@pytest.mark.parametrize("name", TRAINABLE)
def test_checkpoint(name: str) -> None:
    """Weights and statistics are all in the state dict."""
    model = build(name)
    plugin, parameters = MODELS[name]
    twin = plugins.load("models", plugin).build((1, 8, 8), **parameters).double().eval()
    x = torch.rand(3, 1, 8, 8, dtype=torch.float64)

    twin.load_state_dict(model.state_dict())

    assert torch.equal(estimates(twin, x), estimates(model, x))


def test_constant_is_the_mean_position() -> None:
    """The constant model returns the mean training position for any input."""
    positions = torch.tensor([[0.0, 1.0, 3.0], [2.0, 3.0, 3.0]])
    model = build_localizer({"plugin": "constant", "parameters": {}}, (8, 8), positions)

    assert torch.equal(model(torch.rand(4, 1, 8, 8)), torch.tensor([1.0, 2.0, 3.0]).expand(4, 3))
    assert not list(model.parameters())


@pytest.mark.parametrize("plugin", ["dcnn", "dyloc"])
@pytest.mark.parametrize(("size", "count"), [(32, 6), (64, 7)])
def test_weighted_layers(plugin: str, size: int, count: int) -> None:
    """The convolutional networks have six weighted layers at 32 x 32, and one more at 64 x 64."""
    modules = plugins.load("models", plugin).build((1, size, size)).modules()

    assert sum(isinstance(module, nn.Conv2d | nn.Linear) for module in modules) == count


@pytest.mark.parametrize(
    ("plugin", "parameters", "message"),
    [
        ("dcnn", {"norm": "layer"}, "norm: expected batch or group, found 'layer'"),
        ("neural_ode", {"solver": "heun"}, "solver: expected one of euler, midpoint, rk4, dopri5, found 'heun'"),
        ("neural_ode", {"steps": 0}, "steps: expected at least 1, found 0"),
        ("neural_ode", {"blocks": 0}, "blocks: expected at least 1, found 0"),
        ("neural_ode", {"solver": "dopri5", "tolerance": 0.0}, "tolerance: expected more than 0, found 0"),
        ("neural_ode", {"steady_state": -1.0}, "steady_state: expected at least 0, found -1"),
        ("resnet", {"blocks": 0}, "blocks: expected at least 1, found 0"),
        ("wknn", {"neighbours": 1}, "neighbours: expected at least 2, found 1"),
        ("wknn", {"references": 5}, r"references: expected more than 5 \(neighbours\), found 5"),
    ],
)
def test_impossible_parameters(plugin: str, parameters: dict, message: str) -> None:
    """The error about an impossible parameter names the possible values."""
    with pytest.raises(ValueError, match=message):
        plugins.load("models", plugin).build((1, 16, 16), **parameters)
