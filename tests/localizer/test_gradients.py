"""The gradients of a training are counted, whoever asks for them, and the experiments compare at equal numbers."""

import copy
from pathlib import Path

import pytest
import torch
import yaml
from configurations import SCHEMA
from snakemake.utils import update_config
from torch import Tensor, nn
from workflow_project import ROOT

from robustloc.base import plugins
from robustloc.experiment import localizers
from robustloc.experiment.config import check
from robustloc.experiment.experiment import Experiment
from robustloc.localizer.batches import Data
from robustloc.localizer.gradients import Count, counting
from robustloc.localizer.network import build
from robustloc.localizer.preparation import train

USERS, BATCH, EPS = 8, 4, 0.05
GENERATOR = torch.Generator().manual_seed(0)
X, Y = torch.rand(USERS, 1, 8, 8, generator=GENERATOR), torch.rand(USERS, 3, generator=GENERATOR)
PGD = {"plugin": "gradient", "norm": "linf", "parameters": {"steps": 3, "random_start": True}}


@pytest.fixture
def localizer() -> nn.Module:
    """A small localizer without batch statistics."""
    return build({"plugin": "dcnn", "parameters": {"norm": "group"}}, (8, 8), Y)


def test_passes(localizer: nn.Module) -> None:
    """One pass counts once per user; estimates alone do not count; nothing is counted outside."""
    with counting(localizer, count := Count()):
        localizer(X).sum().backward()
        with torch.no_grad():
            localizer(X)
        localizer(X[:3])
        assert count.total == USERS
        copy.deepcopy(localizer)(X[:3]).sum().backward()
        assert count.total == USERS + 3
    localizer(X).sum().backward()
    assert count.total == USERS + 3


def test_gradient_of_a_gradient(localizer: nn.Module) -> None:
    """A gradient that is differentiated again counts twice, for its own pass and for the one through it."""
    x = X.clone().requires_grad_()
    with counting(localizer, count := Count()):
        (slope,) = torch.autograd.grad(localizer(x).sum(), x, create_graph=True)
        slope.square().sum().backward()

    assert count.total == 2 * USERS


def cost(name: str, attacks: list[dict], parameters: dict, epochs: int, folder: Path) -> list[float]:
    """Train a localizer; return the gradients per training user of each epoch."""
    config = {
        "cell": {"scenario": "s", "model": "dcnn", "defence": "own", "seed": 0},
        "seed": 0,
        "model": {"plugin": "dcnn", "parameters": {"norm": "group"}},
        "defence": {"plugin": name, "parameters": parameters, "attacks": attacks},
        "training": {"epochs": epochs, "batch_size": 5, "learning_rate": 1e-3, "warmup": 0.1, "weight_decay": 0.0},
        "epsilon": EPS,
    }
    return [epoch["gradients"] for epoch in train(config, Data(X, Y, X[:5], Y[:5]), None, folder).history]


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("none", {}, [1, 1]),
        ("adversarial", {"clean_share": 0.0}, [4, 4]),
        ("adversarial", {"clean_share": 0.4}, [1 + 3 * 5 / 8, 1 + 3 * 5 / 8]),  # 2 of 5 and 1 of 3 users stay clean
        ("static_adversarial", {}, [3 + 2, 2]),  # crafting counts in the first epoch
        ("free_adversarial", {"repeats": 4}, [4, 4]),
        ("trades", {}, [5, 5]),  # both kinds of users are trained on
        ("jacobian", {}, [7, 7]),
    ],
    ids=str,
)
def test_training(tmp_path: Path, name: str, parameters: dict, expected: list[float]) -> None:
    """A training logs the gradients of each epoch per training user, without those of validation."""
    attacks = [PGD] if "attacks" in plugins.options("defences", name) else []

    assert cost(name, attacks, parameters, 2, tmp_path) == expected


def configured(file: str) -> Experiment:
    """Read an experiment as Snakemake does: overlays change the mappings of config.yaml in place."""
    config, overlay = (yaml.safe_load((ROOT / name).read_text()) for name in ("config.yaml", f"experiments/{file}"))
    update_config(config, overlay)
    check(config, SCHEMA)
    return Experiment(config)


class Still(nn.Module):
    """A localizer that costs nothing."""

    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(1, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Estimate from one pixel; the square has the second derivative that `jacobian` needs."""
        return self.dense(x[:, 0, 0, :1]).square()


def spent(run: Experiment, defence: str) -> float:
    """Count the gradients per user of the fine-tuning of an entry; batches draw each of its attacks equally often."""
    made = localizers.train(run, scenario="indoor", model="neural_ode", defence=defence, seed=0)
    entry, costs, x, y = made["defence"], [], X[:BATCH], Y[:BATCH]
    generators = [torch.Generator().manual_seed(place) for place in range(BATCH)]
    # one at a time: the mean over equally probable attacks
    together = entry["plugin"] == "static_adversarial" or not entry["attacks"]
    for attacks in [entry["attacks"]] if together else [[one] for one in entry["attacks"]]:
        found = plugins.defence(entry["plugin"], [plugins.attack(one) for one in attacks], entry["parameters"])
        with counting(localizer := Still(), count := Count()):
            users, positions = found.on_training_set(localizer, x, y, EPS, generators)
            for _ in range(made["training"]["epochs"]):
                for part, true in zip(users.split(BATCH), positions.split(BATCH), strict=True):
                    for _ in range(found.repeats):
                        found.loss(localizer, part, true, EPS, generators).backward()
                        found.after_backward()
        costs.append(count.total / BATCH)
    return sum(costs) / len(costs)


@pytest.mark.parametrize(("file", "free"), [("defences.yaml", {"none", "map_clamp"}), ("matrix.yaml", {"none"})])
def test_equal_cost(file: str, free: set[str]) -> None:
    """All defences that an experiment compares spend equal numbers of gradients on fine-tuning, within 10 per cent."""
    run = configured(file)
    compared = {cell["defence"] for cell in run.localizers} - free
    found = {name: spent(run, name) for name in compared}

    assert len(found) >= 5
    assert all(localizers.lineage(run, {"model": "dcnn", "defence": name})[0]["defence"] == "none" for name in found)
    assert max(found.values()) <= 1.1 * min(found.values()), found
    assert min(found.values()) > 3


def test_an_overlay_changes_one_entry() -> None:
    """Other epochs of one defence leave those of the others as they are, also where the file shares a text."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    before = copy.deepcopy(config["defences"])
    update_config(config, {"defences": {"finetuned": {"training": {"epochs": 99}}}})

    changed = {name for name, entry in config["defences"].items() if entry != before[name]}
    assert changed == {"finetuned"}
