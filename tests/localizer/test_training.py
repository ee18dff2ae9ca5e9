"""Training learns, is deterministic, continues after a kill with equal bits, and refuses a diverged network."""

import contextlib
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from robustloc.base import plugins, seeds
from robustloc.base.errors import UserError
from robustloc.defences.parts.base import Defence
from robustloc.localizer.batches import Data
from robustloc.localizer.hyperparameters import Recipe
from robustloc.localizer.network import build
from robustloc.localizer.training import fit

RECIPE = Recipe(epochs=4, batch_size=16, learning_rate=0.02, warmup=0.2, weight_decay=1e-4)
ATTACK = {"plugin": "gradient", "norm": "linf", "parameters": {"steps": 2, "random_start": True}}


class Interrupted(Exception):
    """Replaces a kill of the process."""


class Dying(Defence):
    """A defence that raises an error at a given batch of training or validation."""

    def __init__(self, defence: Defence, batch: int):
        self.defence, self.left, self.repeats = defence, batch, defence.repeats
        self.on_training_set, self.after_backward = defence.on_training_set, defence.after_backward
        self.loss, self.score = self.until(defence.loss), self.until(defence.score)
        self.on_epoch = defence.on_epoch

    def until(self, method: Callable) -> Callable:
        """Return the method with a counter that raises the error after the last batch."""

        def passed_on(*arguments: object) -> torch.Tensor:
            self.left -= 1
            if self.left < 0:
                raise Interrupted
            return method(*arguments)

        return passed_on


def data() -> Data:
    """Make users whose position is a function of their profile."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(200, 1, 1, 1, generator=generator) * torch.rand(200, 1, 8, 8, generator=generator)
    y = torch.stack([100 * x.mean(dim=(1, 2, 3)), 10 * x[:, 0, :4].mean(dim=(1, 2)), torch.full((200,), 2.0)], dim=1)
    return Data(x[:160], y[:160], x[160:], y[160:])


class Away(Defence):
    """A faulty defence that drives estimates away from the truth."""

    def loss(self, *arguments: object) -> torch.Tensor:
        """Return the negative distance."""
        return -super().loss(*arguments)


def untrained() -> nn.Module:
    """Build a small localizer with the same weights at every call, batch statistics, and random numbers in training."""
    torch.manual_seed(1)
    made = build({"plugin": "constant", "parameters": {}}, (8, 8), data().y)
    convolution = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2))
    made.network = nn.Sequential(nn.Dropout(0.05), convolution, nn.Flatten(), nn.Linear(8 * 16, 3))
    return made


def defence(name: str) -> object:
    """Build a defence."""
    return plugins.defence(name, [plugins.attack(ATTACK)], {})


def train(folder: Path, model: nn.Module, how: object, recipe: Recipe = RECIPE) -> list[dict]:
    """Train a model in place."""
    return fit(model, data(), how, recipe, eps=0.05, seed=partial(seeds.seed, 0, "test"), folder=folder)


def test_learns_and_keeps_the_best(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """The validation error falls, every epoch has a log line, and the result has the weights of the best epoch."""
    model = untrained()
    history = train(tmp_path, model, defence("none"))
    printed = re.findall(
        r"^epoch (\d)/4: loss \S+, validation RMSE (\S+) m, \d+ users/s$", capsys.readouterr().out, re.M
    )

    errors = [epoch["validation_rmse_m"] for epoch in history]
    best = min(history, key=lambda epoch: epoch["validation_loss"])
    with torch.no_grad():
        distance = torch.linalg.vector_norm(model(data().validation_x) - data().validation_y, dim=1)
    assert [epoch["epoch"] for epoch in history] == [0, 1, 2, 3]
    assert printed == [(str(epoch["epoch"] + 1), f"{epoch['validation_rmse_m']:.4g}") for epoch in history]
    assert min(errors) < 0.5 * errors[0]
    assert distance.square().mean().sqrt().item() == pytest.approx(best["validation_rmse_m"], rel=1e-5)
    assert distance.mean().item() / model.spread.item() == pytest.approx(best["validation_loss"], rel=1e-5)
    assert not model.training


@pytest.mark.parametrize("name", plugins.names("defences"))
def test_goes_on_after_a_kill(tmp_path: Path, name: str) -> None:
    """After a kill in every epoch, training ends with the weights and the log of an undisturbed run.

    The first kill comes before any state is saved. So the test also shows that equal seeds give equal weights.
    """
    undisturbed, resumed, recipe = untrained(), untrained(), replace(RECIPE, epochs=2)
    counter = Dying(defence(name), 10**6)
    log = train(tmp_path / "a", undisturbed, counter, recipe)
    per_epoch = (10**6 - counter.left) // recipe.epochs
    for epochs in (0.3, 1.2, 0.3):  # the third and last call continue from the end of an epoch
        with pytest.raises(Interrupted):
            train(tmp_path / "b", untrained(), Dying(defence(name), int(epochs * per_epoch)), recipe)

    assert train(tmp_path / "b", resumed, defence(name), recipe) == log
    assert all(torch.equal(value, resumed.state_dict()[key]) for key, value in undisturbed.state_dict().items())


def test_half_a_state_is_not_used(tmp_path: Path) -> None:
    """Training ignores half a state file and starts from the beginning."""
    with pytest.raises(Interrupted):
        train(tmp_path, untrained(), Dying(defence("none"), 30))
    state = tmp_path / "last.ckpt"
    state.write_bytes(state.read_bytes()[:-1000])

    assert [epoch["epoch"] for epoch in train(tmp_path, untrained(), defence("none"))] == [0, 1, 2, 3]


def test_divergence_stops(tmp_path: Path) -> None:
    """If a network diverges, training stops with a message that names the key to change."""
    recipe = Recipe(epochs=3, batch_size=16, learning_rate=1e30, warmup=0.2, weight_decay=0.0)

    with pytest.raises(UserError, match=r"training diverged in epoch 0.*training\.learning_rate"):
        train(tmp_path, untrained(), defence("none"), recipe)


def test_finite_divergence_stops(tmp_path: Path) -> None:
    """A network far worse than the mean position is refused, even if all its numbers are finite."""
    recipe = Recipe(epochs=3, batch_size=16, learning_rate=1.0, warmup=0.2, weight_decay=0.0)

    with pytest.raises(UserError, match=r"the best validation RMSE is .* m, the mean position has .*learning_rate"):
        train(tmp_path, untrained(), Away(), recipe)


def test_moved_state_is_not_used(tmp_path: Path) -> None:
    """Training ignores a state in a moved folder, because Lightning loses the best epoch of such a state."""
    log = train(tmp_path / "a", undisturbed := untrained(), defence("none"))
    with pytest.raises(Interrupted):
        train(tmp_path / "b", untrained(), Dying(defence("none"), 45))
    (tmp_path / "b").rename(tmp_path / "c")

    assert train(tmp_path / "c", resumed := untrained(), defence("none")) == log
    assert all(torch.equal(value, resumed.state_dict()[key]) for key, value in undisturbed.state_dict().items())


@pytest.mark.parametrize("option", [{"precision": "bfloat16"}, {"precision": "tf32"}, {"compile": True}], ids=str)
def test_arithmetic(tmp_path: Path, option: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other arithmetic learns as well; validation uses float32, and the names in the state stay the same."""
    compiled = nn.Module.compile
    # the default backend takes minutes
    monkeypatch.setattr(nn.Module, "compile", lambda module: compiled(module, backend="eager"))
    plain, other = untrained(), untrained()
    log = train(tmp_path / "a", plain, defence("none"))
    found = train(tmp_path / "b", other, defence("none"), replace(RECIPE, **option))

    assert found[-1]["validation_rmse_m"] == pytest.approx(log[-1]["validation_rmse_m"], rel=0.3)
    with torch.no_grad():
        distance = torch.linalg.vector_norm(other(data().validation_x) - data().validation_y, dim=1)
    assert distance.dtype == torch.float32
    best = min(epoch["validation_loss"] for epoch in found)
    assert distance.mean().item() / other.spread.item() == pytest.approx(best, rel=1e-5)
    assert other.state_dict().keys() == plain.state_dict().keys()


@pytest.mark.parametrize("batch", [35, 45])
def test_early_stop_and_kill(tmp_path: Path, batch: int) -> None:
    """With patience, training stops some epochs after the best one, also after a kill on the way or at the end."""
    recipe = Recipe(epochs=30, batch_size=16, learning_rate=1e-9, warmup=0.2, weight_decay=0.0, patience=3)
    log = train(tmp_path / "a", untrained(), defence("none"), recipe)
    with contextlib.suppress(Interrupted):
        train(tmp_path / "b", untrained(), Dying(defence("none"), batch), recipe)

    assert 3 < len(log) < 10
    assert train(tmp_path / "b", untrained(), defence("none"), recipe) == log
    assert train(tmp_path / "a", untrained(), defence("none"), recipe) == log


def test_called_again_after_the_end(tmp_path: Path) -> None:
    """If the kill comes after the last epoch, the next call returns the same weights without more training."""
    first, again = untrained(), untrained()
    log = train(tmp_path, first, defence("none"))

    assert train(tmp_path, again, Dying(defence("none"), 0)) == log
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in first.state_dict().items())


@pytest.mark.parametrize("batch_size", [160, 54, 32])
@pytest.mark.parametrize("warmup", [0.01, 0.2, 0.99])
def test_short_training(tmp_path: Path, batch_size: int, warmup: float) -> None:
    """Trainings of one, three and five steps have a valid schedule for every warm-up."""
    recipe = Recipe(epochs=1, batch_size=batch_size, learning_rate=0.01, warmup=warmup, weight_decay=0.0)

    assert len(train(tmp_path, untrained(), defence("none"), recipe)) == 1


def test_schedule() -> None:
    """The rate rises linearly to its peak during the warm-up, then falls to zero."""
    rates = [RECIPE.rate(step, steps=100) for step in range(100)]

    assert rates[:20] == pytest.approx([(step + 1) / 21 for step in range(20)])
    assert max(rates) == rates[20] == 1.0
    assert rates[20:] == sorted(rates[20:], reverse=True)
    assert rates[-1] < 1e-3
