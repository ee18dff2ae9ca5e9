"""Networks from other programs keep their estimates and gradients; unusable networks are refused."""

import io
import json
import math
import runpy
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from workflow_project import ROOT

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.data.scale import Scale
from robustloc.localizer import contract, cost
from robustloc.localizer.checkpoint import load, save
from robustloc.localizer.network import Localizer, build, scripted
from robustloc.robustness import folding

POSITION = torch.tensor([[300.0, 400.0, 2.0], [320.0, 410.0, 2.0]])


class Own(nn.Module):
    """A network that scales its input itself and returns metres."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Sequential(nn.Linear(64, 32), nn.LayerNorm(32), nn.GELU(), nn.Dropout(), nn.Linear(32, 3))
        self.register_buffer("mean", POSITION.mean(dim=0))

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions [m]: (N, 1, 8, 8) -> (N, 3)."""
        h = self.head(self.features((x - 0.3) / 0.2).flatten(1))
        return self.mean + 20 * torch.tanh(h) * torch.sigmoid(h)


def test_documented_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code in docs/localizers.md saves a network that receives linear profiles and passes the check."""
    code = (ROOT / "docs/localizers.md").read_text().split("```python\n")[1].split("```")[0]
    (tmp_path / "export.py").write_text(code)
    place = tmp_path / "results/trained/outdoor"
    place.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    linear, network = 1e-4 * torch.rand(5, 1, 8, 8) + 1e-6, nn.Sequential(nn.Flatten(), nn.Linear(64, 3)).eval()

    for name in ("db", "unit"):
        scale = Scale(name, float(linear.max()))
        (place / "manifest.json").write_text(json.dumps({"scale": asdict(scale)}))
        runpy.run_path("export.py", {"network": network, "mean": POSITION[0], "spread": 10.0}, run_name="__main__")
        made = scripted(archived(torch.jit.load("models/mine.pt")), POSITION)
        x = torch.tensor(scale.apply(linear.numpy()))

        contract.check(made.eval(), x[:3])
        expected = POSITION[0] + 10 * network(torch.log1p(1e6 * linear))
        torch.testing.assert_close(made(x), expected, rtol=1e-4, atol=1e-3)


class Fixed(nn.Module):
    """A network without weights that applies a function."""

    def __init__(self, function: Callable):
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return self.function(x)


def own() -> Own:
    """Build the network with made-up weights and statistics, in eval mode."""
    torch.manual_seed(0)
    made = Own().train()
    made(torch.rand(32, 1, 8, 8))
    return made.eval()


def archived(made: torch.jit.ScriptModule) -> Tensor:
    """Return the content of a script's file."""
    buffer = io.BytesIO()
    torch.jit.save(made, buffer)
    return torch.frombuffer(bytearray(buffer.getvalue()), dtype=torch.uint8)


def traced(network: nn.Module, users: int = 2, side: int = 8) -> Localizer:
    """Make a localizer from a traced network."""
    script = torch.jit.trace(network, torch.rand(users, 1, side, side), check_trace=False)
    return scripted(archived(script), POSITION).eval()


SAVED = {"script": torch.jit.script, "trace": lambda network: torch.jit.trace(network, torch.rand(2, 1, 8, 8))}


def moved(model: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return estimates and the gradient of their sum of squares."""
    x = x.clone().requires_grad_()
    estimate = model(x)
    return estimate.detach(), torch.autograd.grad(estimate.square().sum(), x)[0]


@pytest.mark.parametrize("kind", SAVED)
def test_equal_to_the_network(tmp_path: Path, kind: str) -> None:
    """Estimates and input gradients equal the network's to the bit at every call, and closely in double precision."""
    network, x = own(), torch.rand(7, 1, 8, 8)
    made = scripted(archived(SAVED[kind](network)), POSITION)
    save(tmp_path / "c.pt", made, {"plugin": "TorchScript", "parameters": {}}, (8, 8))
    read = load(tmp_path / "c.pt")

    for users in (x, x, x[:3], x, x[:1], x):
        for found, expected in zip(moved(read, users), moved(network, users), strict=True):
            assert torch.equal(found, expected)
    with torch.no_grad():
        exact = deepcopy(read).double()
    for found, expected in zip(moved(exact, x.double()), moved(deepcopy(network).double(), x.double()), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert torch.equal(read(x), network(x))  # the copy in double precision has not changed the original
    contract.check(read, x[:3])


def test_positions_of_training_users() -> None:
    """A localizer from a file has the mean position and the area, although its network returns metres."""
    made = traced(own())

    assert torch.equal(made.center, POSITION.mean(dim=0))
    assert torch.equal(made.area, POSITION)


def test_size_and_folding() -> None:
    """A frozen network has the same size as before, and folding does not change its estimates."""
    network, x = own(), torch.rand(4, 1, 8, 8)
    made = traced(deepcopy(network).requires_grad_(False))

    assert cost.count(made, x) == cost.count(network, x)
    twin = folding.folded(made, x)
    assert twin.network.module is made.network.module or torch.equal(twin(x), made(x))


def test_weights_are_those_of_the_state(tmp_path: Path) -> None:
    """After further training, the checkpoint holds the new weights, not the weights of the file."""
    made, x = traced(own()), torch.rand(4, 1, 8, 8)
    before = made(x)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(1.1)
    save(tmp_path / "c.pt", made, {"plugin": "TorchScript", "parameters": {}}, (8, 8))

    found = load(tmp_path / "c.pt")(x)
    assert torch.equal(found, made(x))
    assert not torch.allclose(found, before)


def mixed(x: Tensor) -> Tensor:
    """Multiply by a constant in single precision that is not a buffer."""
    return x.flatten(1) @ torch.ones(64, 3)


@pytest.mark.parametrize("plugin", plugins.names("models"))
def test_own_models(plugin: str) -> None:
    """Every model plugin passes the check."""
    torch.manual_seed(0)
    made = build({"plugin": plugin, "parameters": {}}, (16, 16), POSITION).eval()

    contract.check(made, torch.rand(3, 1, 16, 16))


def three(x: Tensor) -> Tensor:
    """Return three numbers per user."""
    return x.flatten(1)[:, :3]


SMALL = nn.Sequential(nn.Flatten(), nn.Linear(36, 3))
# fault -> network with this fault, size of the profiles and number of users in its trace, message
REFUSED = {
    "two outputs": (Fixed(lambda x: x.flatten(1)[:, :2]), 8, 2, r"\(1, 3\) for 1 users, found shape \(1, 2\)"),
    "tuple": (Fixed(lambda x: (three(x), x)), 8, 2, "found tuple"),
    "other profiles": (SMALL, 6, 2, r"input of shape \(1, 1, 8, 8\)"),
    "no number": (Fixed(lambda x: three(x) * math.nan), 8, 2, "estimates that are finite numbers, found"),
    "detached": (Fixed(lambda x: three(x.detach())), 8, 2, "has no gradient with respect to its input"),
    "endless slope": (Fixed(lambda x: three((x - x).sqrt())), 8, 2, "gradient .* is not finite"),
    "single precision": (Fixed(lambda x: three(x.float())), 8, 2, r"double precision.*torch\.float32"),
    "constant matrix": (Fixed(mixed), 8, 2, "cannot compute in double precision"),
    "fixed batch": (Fixed(lambda x: three(x.view(8, 64))), 8, 8, r"shape '\[8, 64\]' .*any number of users"),
    "batch of one": (Fixed(lambda x: three(x.view(1, -1))), 8, 1, r"expected .* \(2, 3\).*found shape \(1, 3\)"),
    "batch of two": (Fixed(lambda x: three(x) + torch.ones(2, 3)), 8, 2, r"expected .* \(1, 3\).*found"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_refused(fault: str) -> None:
    """The check refuses every network that attacks or verdicts cannot use."""
    network, side, users, message = REFUSED[fault]

    with pytest.raises(UserError, match=message):
        contract.check(traced(network, users, side), torch.rand(3, 1, 8, 8))


def test_frozen() -> None:
    """A frozen script is refused: its weights are constants in the code, which stay in single precision."""
    frozen = torch.jit.freeze(torch.jit.script(own()))

    with pytest.raises(UserError, match=r"double precision.*save it without torch\.jit\.freeze"):
        contract.check(scripted(archived(frozen), POSITION).eval(), torch.rand(3, 1, 8, 8))


def test_damaged() -> None:
    """Half a file is refused."""
    archive = archived(torch.jit.script(own()))

    with pytest.raises(UserError, match="not readable as TorchScript"):
        scripted(archive[: len(archive) // 2], POSITION)
