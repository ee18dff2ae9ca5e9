"""Mistakes in a defence, or in the optional methods of a network, give the right result or a named error."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from faulty_defences import REFUSED, Clamped, made
from faulty_models import Net
from made_up_plugins import install
from made_up_training import CONFIG, DATA, install_model
from torch import Tensor, nn

from robustloc.base.errors import UserError
from robustloc.defences.parts.base import Defence
from robustloc.localizer import preparation

DEFENCE = {"defence": CONFIG["defence"] | {"plugin": "own"}}


def trained(folder: Path) -> preparation.Trained:
    """Train ``mine`` under ``own``."""
    return preparation.train(CONFIG | DEFENCE, DATA, None, folder)


@pytest.mark.parametrize("mistake", REFUSED)
def test_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mistake: str) -> None:
    """Training stops with what was expected and found."""
    build, message = REFUSED[mistake]
    install_model(monkeypatch, Net)
    install(monkeypatch, "defences", "own", build)

    with pytest.raises(UserError) as error:
        trained(tmp_path)
    assert str(error.value).startswith("mine, none: ")
    assert message in str(error.value)


@pytest.mark.parametrize("mode", [True, False])
@pytest.mark.parametrize("method", ["loss", "score"])
def test_modes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str, mode: bool) -> None:
    """A defence that leaves the network in another mode, or torch in another state, changes no other computation."""
    honest, found = getattr(Defence, method), []

    def leaves(self: Defence, localizer: nn.Module, *given: object) -> Tensor:
        value = honest(self, localizer, *given)
        localizer.train(mode)
        torch.set_grad_enabled(mode)
        return value

    install_model(monkeypatch, lambda: nn.Sequential(nn.Dropout(0.5), Net()))
    for build in (Defence, made(**{method: leaves})):
        install(monkeypatch, "defences", "own", build)
        found.append(trained(tmp_path / build.__name__).history)

    assert found[0] == found[1]


@pytest.mark.parametrize("method", ["on_training_set", "score"])
def test_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str) -> None:
    """Outside of its loss, a defence changes neither weights nor the scaling of positions."""
    honest, found = getattr(Defence, method), []

    def changes(self: Defence, localizer: nn.Module, *given: object) -> object:
        value = honest(self, localizer, *given)
        for tensor in localizer.state_dict().values():
            tensor.mul_(2)
        return value

    install_model(monkeypatch, Net)
    for build in (Defence, made(**{method: changes})):
        install(monkeypatch, "defences", "own", build)
        found.append(trained(tmp_path / build.__name__).history)

    assert found[0] == found[1]


def test_wrapper_in_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A wrapper that works in place on its input changes no user."""
    users = DATA.validation_x.clone()
    install_model(monkeypatch, Net)
    install(monkeypatch, "defences", "own", made(wrap=lambda _, localizer, eps: Clamped(localizer)))

    trained(tmp_path)
    assert torch.equal(DATA.validation_x, users)


@pytest.mark.parametrize(
    ("method", "value", "message"),
    [
        ("penalty", 0.01, "expected the network's penalty() to take no arguments: 0.01 is not a callable"),
        ("penalty", lambda self, x: x.sum(), "the network's penalty() to take no arguments: missing a required arg"),
        ("penalty", lambda self: None, "a tensor with one number from the network's penalty(), found NoneType"),
        ("penalty", lambda self: self.dense.bias, "from the network's penalty(), found shape (3,), torch.float32"),
        ("remember", True, "expected the network's remember() to take x, y: True is not a callable object"),
        ("remember", lambda self, x: None, "the network's remember() to take x, y: too many positional arguments"),
        ("remember", lambda self, x, y: {}[x], "a plugin or the network raised KeyError("),
    ],
)
def test_optional_methods(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str, value: object, message: str
) -> None:
    """The optional methods of a network are checked before its training, and what they return."""
    install_model(monkeypatch, type("Own", (Net,), {method: value}))

    with pytest.raises(UserError) as error:
        preparation.train(CONFIG, DATA, None, tmp_path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: None, "expected a network (nn.Module) from build(), found NoneType; return one"),
        (lambda: Net, "expected a network (nn.Module) from build(), found type; return one"),
        (lambda: partial(lambda net, x: net(x), Net()), "expected a network (nn.Module) from build(), found partial"),
        (lambda: Net().half(), "the network fails for an input of shape (2, 1, 8, 8):"),
        (lambda: Net().missing, "a plugin or the network raised AttributeError("),
    ],
    ids=["nothing", "class", "function", "half", "fails"],
)
def test_builds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, build: Callable, message: str) -> None:
    """What a model's ``build`` returns is checked."""
    install_model(monkeypatch, build)
    monkeypatch.setattr(preparation, "fit", lambda *_, **__: pytest.fail("trains"))

    with pytest.raises(UserError) as error:
        preparation.train(CONFIG, DATA, None, tmp_path)
    assert message in str(error.value)
