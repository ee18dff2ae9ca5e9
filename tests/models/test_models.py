"""Every model file: the contract that training, attacks and tables rely on."""

import pytest
import torch
import yaml
from torch import nn
from workflow_project import ROOT

from robustloc import localizer, plugins

ENTRIES = yaml.safe_load((ROOT / "config.yaml").read_text())["models"]
CONFIGURED = {
    name: (e.get("plugin", name), {k: v for k, v in e.items() if k != "plugin"}) for name, e in ENTRIES.items()
}
CONFIGURED["dcnn (group)"] = ("dcnn", {"norm": "group"})
MODELS = CONFIGURED | {f"{name} (defaults)": (name, {}) for name in plugins.names("models")}
SHAPES = [(16, 16), (32, 32), (64, 64)]


def build(name: str, shape: tuple[int, int] = (16, 16)) -> nn.Module:
    """Build a model with made-up batch statistics, in eval mode and double precision."""
    torch.manual_seed(0)
    plugin, parameters = MODELS[name]
    model = plugins.load("models", plugin).build((1, *shape), **parameters).double()
    model(torch.rand(64, 1, *shape, dtype=torch.float64))
    return model.eval()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", MODELS)
def test_shape(name: str, shape: tuple[int, int]) -> None:
    """N profiles of any supported size give N positions."""
    output = build(name, shape)(torch.rand(5, 1, *shape, dtype=torch.float64))

    assert output.shape == (5, 3)
    assert torch.isfinite(output).all()


@pytest.mark.parametrize("name", MODELS)
def test_batch_mates_do_not_matter(name: str) -> None:
    """Prediction and input gradient of a user are the same alone, in a batch, and with other mates."""
    model = build(name)
    x = torch.rand(12, 1, 16, 16, dtype=torch.float64, requires_grad=True)
    mates = torch.rand(11, 1, 16, 16, dtype=torch.float64)

    together = model(x)
    (gradient,) = torch.autograd.grad(together.square().sum(), x)
    alone = x[:1].detach().requires_grad_()
    prediction = model(alone)
    (own,) = torch.autograd.grad(prediction.square().sum(), alone)

    torch.testing.assert_close(together[:1], prediction, rtol=0, atol=1e-10)
    torch.testing.assert_close(gradient[:1], own, rtol=0, atol=1e-10)
    torch.testing.assert_close(model(torch.cat([x[:1], mates]))[:1], prediction, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", [name for name in MODELS if "constant" not in name])
def test_input_gradient(name: str) -> None:
    """The gradient with respect to the input is that of a finite difference, and is not zero."""
    model = build(name)
    x = torch.rand(3, 1, 16, 16, dtype=torch.float64)
    point = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(point).square().sum(), point)
    direction = gradient / gradient.norm()

    step = 1e-7
    with torch.no_grad():
        ahead, behind = (model(x + sign * step * direction).square().sum() for sign in (1, -1))

    assert gradient.abs().max() > 0
    torch.testing.assert_close((ahead - behind) / (2 * step), gradient.norm(), rtol=1e-4, atol=0)


@pytest.mark.parametrize("name", [name for name in MODELS if "constant" not in name])
def test_learns_eight_users(name: str) -> None:
    """A few steps of training fit eight users far better than their mean."""
    torch.manual_seed(0)
    plugin, parameters = MODELS[name]
    model = plugins.load("models", plugin).build((1, 16, 16), **parameters)
    x, y = torch.rand(8, 1, 16, 16), torch.randn(8, 3)
    y -= y.mean(dim=0)
    optimizer = torch.optim.AdamW(model.parameters(), 5e-3)
    for _ in range(150):
        optimizer.zero_grad()
        loss = (model(x) - y).square().mean()
        loss.backward()
        optimizer.step()

    assert loss.item() < 0.05 * y.square().mean().item()


def test_constant_is_the_mean_position() -> None:
    """The constant model answers the mean training position for any input."""
    center = torch.tensor([1.0, 2.0, 3.0])
    model = localizer.build({"plugin": "constant", "parameters": {}}, (8, 8), center, 5.0)

    assert torch.equal(model(torch.rand(4, 1, 8, 8)), center.expand(4, 3))
    assert not list(model.parameters())


def test_dcnn_layers() -> None:
    """The paper's network has six weighted layers at 32 x 32."""
    layers = [
        m for m in plugins.load("models", "dcnn").build((1, 32, 32)).modules() if isinstance(m, nn.Conv2d | nn.Linear)
    ]

    assert len(layers) == 6


@pytest.mark.parametrize(
    ("plugin", "parameters", "message"),
    [
        ("dcnn", {"norm": "layer"}, "norm: expected batch or group, found 'layer'"),
        ("neural_ode", {"solver": "dopri5"}, "solver: expected one of euler, midpoint, rk4, found 'dopri5'"),
        ("neural_ode", {"steps": 0}, "expected at least 1"),
    ],
)
def test_impossible_parameters(plugin: str, parameters: dict, message: str) -> None:
    """A parameter that cannot be says what can."""
    with pytest.raises(ValueError, match=message):
        plugins.load("models", plugin).build((1, 16, 16), **parameters)
