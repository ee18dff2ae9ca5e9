"""Preparation of training: new weights or a checkpoint, and a defence that must have weights to train."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from robustloc.base.errors import UserError
from robustloc.localizer import preparation
from robustloc.localizer.batches import Data
from robustloc.localizer.checkpoint import save
from robustloc.localizer.preparation import train
from robustloc.localizer.training import Fit

CELL = {"scenario": "s", "model": "mine", "defence": "plain", "seed": 0}
TRAINING = {"epochs": 0, "batch_size": 4, "learning_rate": 1e-3, "warmup": 0.1, "weight_decay": 0.0}


def configured(model: str, defence: str = "none", **changes: object) -> dict:
    """Configure the training of a model under a defence."""
    return {
        "cell": CELL,
        "seed": 0,
        "model": {"plugin": model, "parameters": {}},
        "defence": {"plugin": defence, "parameters": {}, "attacks": []},
        "training": TRAINING,
        "epsilon": 0.1,
    } | changes


def users() -> Data:
    """Make eight users."""
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.rand(8, *shape, generator=generator) for shape in ((1, 16, 16), (3,)))
    return Data(x, y, x, y)


@pytest.fixture
def data() -> Data:
    """Eight made-up users."""
    return users()


def test_nothing_to_train(data: Data, tmp_path: Path) -> None:
    """A model without weights only remembers the users, and its history is empty."""
    found = train(configured("constant"), data, None, tmp_path)

    assert found.history == []
    assert found.wrapper is None
    assert torch.allclose(found.localizer(data.x[:1]), data.y.mean(dim=0), atol=1e-6)


@pytest.mark.parametrize(
    ("model", "defence", "message"),
    [
        ("dcnn", "none", r"^mine, plain: mine: its new weights are never trained; set training\.epochs above 0$"),
        ("constant", "noise", r"^mine, plain: plain: .* mine has no weights to train; put the two into separate"),
    ],
)
def test_by_name_alone(data: Data, tmp_path: Path, model: str, defence: str, message: str) -> None:
    """A network that stays untrained and a defence without effect are refused; the message says what to change."""
    with pytest.raises(UserError, match=message):
        train(configured(model, defence), data, None, tmp_path)


def test_start(data: Data, tmp_path: Path) -> None:
    """With 0 epochs, a localizer has the weights of the checkpoint that it starts from."""
    first = train(configured("dcnn", training=TRAINING | {"epochs": 1}), data, None, tmp_path / "first")
    save(tmp_path / "a.pt", first.localizer, {"plugin": "dcnn", "parameters": {}}, (16, 16))

    second = train(configured("dcnn"), data, tmp_path / "a.pt", tmp_path / "second")

    assert len(first.history) == 1
    assert second.history == []
    state = second.localizer.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in first.localizer.state_dict().items())


def test_wrapper(data: Data, tmp_path: Path) -> None:
    """The result describes the defence that wraps the localizer, with its epsilon."""
    found = train(configured("constant", "median_smoothing"), data, None, tmp_path)

    assert found.wrapper == {"plugin": "median_smoothing", "parameters": {}, "epsilon": 0.1}


def started(folder: Path, patch: pytest.MonkeyPatch, model: str, seed: int = 3, defence: str = "none", **more) -> tuple:
    """Return the initial weights of a training by name, and the batches of an epoch."""
    state, orders = {}, []

    def stop(localizer: nn.Module, data: Data, defence: object, recipe: object, *, seed: Callable, **_: object) -> list:
        state.update({name: tensor.clone() for name, tensor in localizer.state_dict().items()})
        fit = Fit(localizer, data, defence, recipe, 0.1, seed)
        fit.trainer = SimpleNamespace(current_epoch=1)
        orders.extend(x.tolist() for x, _ in fit.train_dataloader())
        return []

    patch.setattr(preparation, "fit", stop)
    config = configured(model, defence, training=TRAINING | {"epochs": 2})
    config["cell"] = {"scenario": "s", "model": model, "defence": defence, "seed": seed}
    config["model"]["parameters"] |= more
    train(config, users(), None, folder)
    return state, orders


def test_controls_start_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A neural ODE and its residual network have equal initial weights and batches, whatever the defence."""
    ode, batches = started(tmp_path, monkeypatch, "neural_ode")
    for model, defence in (("resnet", "none"), ("neural_ode", "noise")):
        weights, same = started(tmp_path, monkeypatch, model, defence=defence)

        assert weights.keys() == ode.keys()
        assert all(torch.equal(tensor, weights[name]) for name, tensor in ode.items())
        assert same == batches


def test_normalisation_changes_no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The DCNN has the same initial kernels with either normalisation."""
    batch, group = (started(tmp_path, monkeypatch, "dcnn", norm=norm)[0] for norm in ("batch", "group"))
    kernels = [name for name, tensor in batch.items() if tensor.ndim == 4]

    assert len(kernels) > 3
    assert all(torch.equal(batch[name], group[name]) for name in [*kernels, "network.dense.weight"])


def test_seeds_start_differently(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another seed has other weights and other batches."""
    (one, batches), (two, others) = (started(tmp_path, monkeypatch, "resnet", seed) for seed in (0, 1))

    assert not torch.equal(one["network.head.3.weight"], two["network.head.3.weight"])
    assert batches != others
