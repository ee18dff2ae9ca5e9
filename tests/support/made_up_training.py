"""A training of seconds: made-up users, the training stage on them, and a defence that spoils what it gets."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from made_up_plugins import install
from torch import Tensor, nn

from robustloc.base.files import Files
from robustloc.defences.parts.base import Defence, mean_distance
from robustloc.localizer import readback
from robustloc.localizer.batches import Data
from robustloc.stages import train

EPS = 0.01
GENERATOR = torch.Generator().manual_seed(0)
X, Y = torch.rand(20, 1, 8, 8, generator=GENERATOR), 5 * torch.rand(20, 3, generator=GENERATOR)
DATA = Data(X[:12], Y[:12], X[12:], Y[12:])
TRAINING = {"epochs": 1, "batch_size": 8, "learning_rate": 1e-3, "warmup": 0.1, "weight_decay": 0.0}
CONFIG = {
    "cell": {"scenario": "s", "model": "mine", "defence": "none", "seed": 0},
    "seed": 0,
    "model": {"plugin": "mine", "parameters": {}},
    "defence": {"plugin": "none", "parameters": {}, "attacks": []},
    "training": TRAINING,
    "epsilon": EPS,
}


def install_model(patch: pytest.MonkeyPatch, make: Callable[[], nn.Module]) -> None:
    """Make a network the model plugin ``mine``; it has new weights each time it is built, as plugins have."""
    install(patch, "models", "mine", lambda shape: make())


def run_stage(folder: Path, patch: pytest.MonkeyPatch, *, starts: bool = False, **changes: dict) -> Path:
    """Run the training stage on the made-up users and return the checkpoint.

    Args:
        folder: for the outputs.
        patch: undoes changes at the end of the test.
        starts: whether the checkpoint is read back in another process.
        changes: other values of the configuration.
    """
    if not starts:
        patch.setattr(readback, "reader", lambda: nullcontext(readback.read))
    parts = [SimpleNamespace(x=x.numpy(), position=y.numpy()) for x, y in ((X[:12], Y[:12]), (X[12:], Y[12:]))]
    manifest = SimpleNamespace(parts=lambda *_: parts, inputs=lambda part: part.x.copy(), shape=(8, 8), scale=None)
    patch.setattr(train, "Manifest", SimpleNamespace(read=lambda _: manifest))
    folder.mkdir(exist_ok=True)
    files = Files({"checkpoint": [folder / "checkpoint.pt"], "log": [folder / "training.csv"]})
    train.run(CONFIG | changes, Files({"manifest": [folder], "start": []}), files, folder)
    return folder / "checkpoint.pt"


class Spoiling(Defence):
    """A defence that brings to zero what one of its methods gets, after it has used it."""

    def __init__(self, method: str):
        self.method = method

    def _spoil(self, method: str, *tensors: Tensor) -> None:
        for tensor in tensors if method == self.method else ():
            tensor.zero_()

    def on_training_set(self, localizer, x: Tensor, y: Tensor, eps, generators) -> tuple[Tensor, Tensor]:
        """Return the users."""
        found = x.clone(), y.clone()
        self._spoil("on_training_set", x, y)
        return found

    def loss(self, localizer, x: Tensor, y: Tensor, eps, generators) -> Tensor:
        """Return the distance."""
        distance = mean_distance(localizer(x.clone()), y.clone())
        self._spoil("loss", x, y)
        return distance

    def score(self, localizer, x: Tensor, y: Tensor, eps, generators) -> Tensor:
        """Return the distance."""
        distance = mean_distance(localizer(x.clone()), y.clone())
        self._spoil("score", x, y)
        return distance
