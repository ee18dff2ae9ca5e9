"""Cases that pass with a guard against faulty plugins, and fail without it."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import examinations
import pytest
import torch
from faulty_attacks import ATTACKS, reachable
from faulty_defences import REFUSED
from faulty_files import MODELS
from faulty_models import KeepsActivations, Net, RemembersInAttribute
from made_up_plugins import fails, install, install_file
from made_up_stage import run_stage as run_job
from made_up_training import CONFIG, DATA, EPS, TRAINING, Spoiling, install_model, run_stage
from torch import Tensor, nn

import robustloc as rl
from robustloc.attacks.parts.budget import bounded
from robustloc.attacks.parts.losses import SquaredError
from robustloc.data.scale import Scale
from robustloc.localizer import preparation
from robustloc.localizer.batches import Data
from robustloc.localizer.guarding import Guarded
from robustloc.localizer.network import build
from robustloc.robustness import domains
from robustloc.robustness.crafting import craft

X, Y = DATA.x[:4], DATA.y[:4]


def nothing(*_: object, **__: object) -> None:
    """Take the place of a check."""


def attacked(name: str) -> None:
    """Run a faulty attack as its callers do; its result lies in the ball around the original inputs."""
    moved = bounded(ATTACKS[name][0], "linf", name)(SquaredError(Net(), Y), X.clone(), eps=EPS)
    assert (moved - X).abs().max() <= EPS * (1 + 1e-4)


def refuses(message: str, call: Callable[[], object]) -> None:
    """Expect a named error."""
    with pytest.raises(ValueError, match=message):
        call()


def stays(localizer: Callable[[Tensor], Tensor]) -> None:
    """Estimate by a network; the inputs stay."""
    localizer(x := X.clone())
    assert torch.equal(x, X)


def made(patch: pytest.MonkeyPatch, make: Callable[[], nn.Module]) -> nn.Module:
    """Build a localizer."""
    install_model(patch, make)
    return build(CONFIG["model"], (8, 8), Y)


def trained(patch: pytest.MonkeyPatch, folder: Path, make: Callable[[], nn.Module], **training: object) -> None:
    """Train a network."""
    install_model(patch, make)
    preparation.train(CONFIG | {"training": TRAINING | training}, DATA, None, folder)


def spoilt(patch: pytest.MonkeyPatch, folder: Path, method: str) -> None:
    """Train under a defence that spoils its arguments; users and reported errors stay as under an honest one."""
    install_model(patch, Net)
    found, x, y = [], DATA.x.clone(), DATA.y.clone()
    for name in (method, "no method"):
        defence = Guarded(Spoiling(name))
        patch.setattr(preparation, "_defence", lambda *_, made=defence: (made, None))
        found.append(preparation.train(CONFIG, Data(x, y, x, y), None, folder / name).history)
    assert found[0] == found[1]
    assert torch.equal(x, DATA.x)


def examined() -> None:
    """Examine a network that keeps its activations."""
    examinations.examined(KeepsActivations(), X, Y, EPS)


def read_back(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Run the training stage with a network that keeps statistics outside its state dict."""
    install_model(patch, RemembersInAttribute)
    refuses("it does not hold network.mean", partial(run_stage, folder, patch))


def state_of_torch() -> None:
    """Run an attack that leaves torch in another state."""
    try:
        attacked("changes_torch")
        assert torch.is_grad_enabled()
        assert torch.get_default_dtype() == torch.float32
    finally:
        torch.set_grad_enabled(True)
        torch.set_default_dtype(torch.float32)


def reaches_users() -> None:
    """Run the crafting with an attack that changes the users of its loss."""
    users = domains.of_inputs(X[:, 0].numpy(), Scale("raw", 1.0))
    attack = partial(ATTACKS["reaches_through_the_loss"][0], norm="linf")
    craft(Net(), users, Y.numpy(), attack, eps=EPS, norm="linf", seeds=list(range(4)), batch_size=4)
    assert torch.equal(users.start, X)


def changed_network(patch: pytest.MonkeyPatch) -> None:
    """Attack a network by an attack that brings its weights to zero."""

    def perturb(loss: Callable, x: Tensor, *, eps: float, **_: object) -> Tensor:
        for network in [part for part in reachable(loss) if isinstance(part, nn.Module)]:
            network.dense.weight.data.zero_()
        return x + eps

    install(patch, "attacks", "mine", perturb)
    rl.attack(network := Net(), X, Y, "mine", eps=EPS)
    assert network.dense.weight.any()


def defended(patch: pytest.MonkeyPatch, folder: Path, mistake: str) -> None:
    """Train under a faulty defence."""
    build, message = REFUSED[mistake]
    install(patch, "defences", "own", build)
    install_model(patch, Net)
    changes = {"defence": CONFIG["defence"] | {"plugin": "own"}}
    refuses(re.escape(message), partial(preparation.train, CONFIG | changes, DATA, None, folder))


def in_another_process(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Run the training stage with a network that keeps statistics in its class."""
    install_file(patch, folder / "source", "models", "mine", MODELS["attribute of the class"])
    refuses("it does not hold something outside", partial(run_stage, folder, patch, starts=True))


def ended(folder: Path) -> None:
    """Run a job whose plugin ends the program with status 0."""
    folder.mkdir()
    (folder / "in").touch()
    with pytest.raises(SystemExit) as stopped:
        run_job(lambda *_: fails()[1](), {"data": folder / "in"}, {"result": folder / "out"})
    assert stopped.value.code != 0
