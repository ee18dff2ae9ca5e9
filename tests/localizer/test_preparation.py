"""Preparation of training: new weights or a checkpoint, and a defence that must have weights to train."""

from pathlib import Path

import pytest
import torch

from robustloc.base.errors import UserError
from robustloc.localizer.batches import Data
from robustloc.localizer.checkpoint import save
from robustloc.localizer.preparation import train

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


@pytest.fixture
def data() -> Data:
    """Eight made-up users."""
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.rand(8, *shape, generator=generator) for shape in ((1, 16, 16), (3,)))
    return Data(x, y, x, y)


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
