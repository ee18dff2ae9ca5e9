"""Files of plugins whose state is outside of what a checkpoint holds. A new process does not have it."""

MODEL = """
import functools

import torch
from torch import nn

{constant}


class Net(nn.Module):
    statistics = {{"mean": 0.0, "calls": 1}}

    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(64, 3)

    {method}

    def forward(self, x):
        {forward}
        return self.dense(torch.relu(x).flatten(1))


def build(input_shape):
    return Net()
"""
DEFENCE = """
import torch
from torch import nn

from robustloc.defences.parts.base import Defence


class Shifted(nn.Module):
    def __init__(self, localizer, shift):
        super().__init__()
        self.localizer, self.shift = localizer, shift

    def forward(self, x):
        return self.localizer(x - self.shift)


class Own(Defence):
    mean = 0.0

    {method}

    def wrap(self, localizer, eps):
        return Shifted(localizer, {shift})


def build():
    return Own()
"""


def _model(forward: str, constant: str = "", method: str = "") -> str:
    return MODEL.format(forward=forward, constant=constant, method=method)


MODELS = {
    "attribute of the class": _model(
        'x = x - self.statistics["mean"]',
        method='def remember(self, x, y): self.statistics["mean"] = x.mean()',
    ),
    "running attribute of the class": _model(
        'self.statistics["calls"] += self.training; x = x * self.statistics["calls"]'
    ),
    "random constant": _model("x = x.flatten(1) @ MIXING.to(x)", "MIXING = torch.randn(64, 64)"),
    "global variable": _model(
        "x = x - MEAN", "MEAN = 0.0", "def remember(self, x, y):\n        global MEAN\n        MEAN = float(x.mean())"
    ),
    "cache": _model("x = x + noise().to(x)", "@functools.cache\ndef noise():\n    return torch.randn(8, 8)"),
}
DEFENCES = {
    "statistics of training": DEFENCE.format(
        method="def on_training_set(self, localizer, x, y, eps, generators):\n"
        "        self.mean = x.mean(0)\n        return x - self.mean, y",
        shift="self.mean",
    ),
    "random numbers": DEFENCE.format(method="repeats = 1", shift="torch.rand(8, 8)"),
}
