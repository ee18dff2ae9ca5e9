"""Mistakes in what a network gives to attacks are named, before its training and wherever an attack runs."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from examinations import examined
from faulty_models import Net
from made_up_training import CONFIG, DATA, EPS, X, Y, install_model
from torch import Tensor, nn

import robustloc as rl
from robustloc.base.errors import UserError
from robustloc.data.scale import Scale
from robustloc.localizer import preparation
from robustloc.localizer.network import Localizer
from robustloc.robustness.attacking import attacked


class Faulty(Net):
    """A network with a part that attacks use."""

    def __init__(self, **given: object):
        super().__init__()
        for name, value in given.items():
            setattr(self, name, value)


def fails(x: Tensor) -> Tensor:
    """Fail as code on shapes does."""
    return x.view(7, -1)


IS = r"the stand_in\(\) of Faulty"
STAND_INS = {
    "shape": (
        lambda x: x.flatten(1)[:, :2],
        rf"{IS}: expected shape \(\d+, 3\), torch\.float32, .*found shape",
    ),
    "type": (lambda x: x.flatten(1)[:, :3].half(), rf"{IS}: expected .*float32, as from its forward\(\), .*float16"),
    "nothing": (lambda x: None, rf"{IS}: expected .* found NoneType; correct it"),
    "no number": (lambda x: x.flatten(1)[:, :3] * torch.nan, rf"{IS}: expected finite numbers, found NaN or inf"),
    "no gradient": (
        lambda x: x.detach().flatten(1)[:, :3],
        rf"{IS}: expected a result with a gradient, found one wi",
    ),
    "raises": (fails, rf"{IS} raised RuntimeError\(.*correct it"),
    "quits its loop": (lambda x: next(iter(())), rf"{IS} raised StopIteration"),
    "no method": (torch.ones(3), rf"{IS} raised TypeError"),
}
DRAWS = {
    number: rf"expected a whole number of at least 1 as draws_for_attacks of Faulty, found {number!r}"
    for number in (0, 2.0, True)
}
FAULTS = {name: ({"stand_in": fault}, message) for name, (fault, message) in STAND_INS.items()}
FAULTS |= {f"draws {number!r}": ({"draws_for_attacks": number}, message) for number, message in DRAWS.items()}
CASES = pytest.mark.parametrize("fault", FAULTS)


def localizer(given: dict) -> Localizer:
    """A localizer around a faulty network."""
    return Localizer(Faulty(**given), torch.zeros(3), 3.0, torch.zeros(2, 3)).eval()


@CASES
def test_training(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: str) -> None:
    """Training refuses the network before its first epoch."""
    given, message = FAULTS[fault]
    install_model(monkeypatch, lambda: Faulty(**given))
    monkeypatch.setattr(preparation, "fit", lambda *_, **__: pytest.fail("trains"))

    with pytest.raises(UserError, match=f"(?s)^mine, none: models: mine: {message}"):
        preparation.train(CONFIG, DATA, None, tmp_path)


@CASES
def test_attacks(fault: str) -> None:
    """Attack stage, library and examination name the network, and leave torch as it was."""
    given, message = FAULTS[fault]
    model, adp = localizer(given), X[:5, 0].numpy().copy()
    test = SimpleNamespace(adp=adp, position=Y[:5].numpy(), user=np.arange(5))
    cell = {"scenario": "s", "model": "m", "defence": "none", "seed": 0, "attack": "own", "epsilon": EPS}
    attack = {"plugin": "gradient", "norm": "linf", "parameters": {}}
    config = {"cell": cell, "seed": 0, "batch_size": 2, "keep_adps": False, "attack": attack}
    manifest = SimpleNamespace(scale=Scale("raw", 1.0), convention=None)

    with pytest.raises(UserError, match=rf"(?s)^attacks\.own: {message}"):
        attacked(config, manifest, test, [None, None], source=model, localizer=model)
    for name in ("gradient", "directions"):
        with pytest.raises(rl.UserError, match=f"(?s)^{name}: {message}"):
            rl.attack(model, X[:5], Y[:5], name, eps=EPS)
    with pytest.raises(ValueError, match=f"(?s){message}"):
        examined(model, X[:5], Y[:5], EPS)
    assert torch.is_grad_enabled()
    assert not nn.modules.module._global_forward_hooks
    assert not nn.modules.module._global_forward_pre_hooks


CANDIDATES = {
    "shape": lambda x: [x, x[:, :, 1:]],
    "not finite": lambda x: [x * torch.nan],
    "no list": lambda x: 3,
    "raises": fails,
}


@pytest.mark.parametrize("fault", CANDIDATES)
def test_candidates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: str) -> None:
    """Training refuses a network with faulty candidates; so does the attack that tries them."""
    given, message = {"candidates": CANDIDATES[fault]}, r"the candidates\(\) of Faulty.*correct it"
    install_model(monkeypatch, lambda: Faulty(**given))
    monkeypatch.setattr(preparation, "fit", lambda *_, **__: pytest.fail("trains"))

    with pytest.raises(UserError, match=f"(?s)^mine, none: models: mine: {message}"):
        preparation.train(CONFIG, DATA, None, tmp_path)
    with pytest.raises(rl.UserError, match=f"(?s)^directions: {message}"):
        rl.attack(localizer(given), X[:5], Y[:5], "directions", eps=EPS)
