"""Each guard against faulty plugins is needed: without it, its case is no longer refused, or its result is wrong."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest
import torch
from faulty_attacks import ATTACKS
from faulty_models import REFUSED, KeepsActivations, Net, NormalisedFeatures, RemembersInAttribute, WritesIntoInput
from made_up_plugins import quits
from made_up_stage import run_stage as run_job
from made_up_training import CONFIG, DATA, EPS, TRAINING, Spoiling, install_model, run_stage
from torch import Tensor, nn

from robustloc.attacks import noise
from robustloc.attacks.parts.budget import bounded
from robustloc.attacks.parts.losses import SquaredError, estimates
from robustloc.base.errors import UserError
from robustloc.localizer import preparation
from robustloc.localizer.batches import Data
from robustloc.localizer.network import build
from robustloc.robustness import examination

X, Y = DATA.x[:4], DATA.y[:4]
BUDGET, LOSSES, LOCALIZER = "robustloc.attacks.parts.budget", "robustloc.attacks.parts.losses", "robustloc.localizer"


def nothing(*_: object) -> None:
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
        defence = Spoiling(name)
        patch.setattr(preparation, "_defence", lambda *_, made=defence: (made, None))
        found.append(preparation.train(CONFIG, Data(x, y, x, y), None, folder / name).history)
    assert found[0] == found[1]
    assert torch.equal(x, DATA.x)


def examined() -> None:
    """Examine a network that keeps its activations."""
    run = {"pgd": (examination.pgd(1), EPS), "unbounded": (examination.pgd(1), 0.5)}
    examination.examine(KeepsActivations(), X, Y, run, constant=Y.mean(dim=0))


def read_back(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Run the training stage with a network that keeps statistics outside its state dict."""
    install_model(patch, RemembersInAttribute)
    refuses("it does not hold network.mean", partial(run_stage, folder, patch))


def ended(folder: Path) -> None:
    """Run a job whose plugin ends the program with status 0."""
    folder.mkdir()
    (folder / "in").touch()
    with pytest.raises(SystemExit) as stopped:
        run_job(lambda *_: quits()[1](), {"data": folder / "in"}, {"result": folder / "out"})
    assert stopped.value.code != 0


# guard -> its name, what takes its place, and the case that passes with the guard alone
GUARDS: dict[str, tuple[str, Callable, Callable]] = {
    "copies for attacks": (f"{BUDGET}.copied", lambda value: value, lambda *_: attacked("writes_into_argument")),
    "results of attacks": (
        f"{BUDGET}.check_moved",
        nothing,
        lambda *_: refuses("expected finite values", partial(attacked, "no_number")),
    ),
    "ball": (f"{BUDGET}.held", lambda moved, *_: moved, lambda *_: attacked("leaves_ball")),
    "budget": (
        f"{BUDGET}.check_eps",
        nothing,
        lambda *_: refuses("finite eps", partial(bounded(lambda loss, x, *, eps: x, "linf", "a"), None, X, eps=-1.0)),
    ),
    "budget of a plugin": (
        "robustloc.attacks.noise.check_eps",
        nothing,
        lambda *_: refuses("finite eps", partial(noise.perturb, None, X, eps=-1.0, norm="linf")),
    ),
    "copies for any network": (
        f"{LOSSES}.untouched",
        lambda x: x,
        lambda *_: stays(partial(estimates, WritesIntoInput())),
    ),
    "copies for a model": (
        f"{LOCALIZER}.network.untouched",
        lambda x: x,
        lambda patch, _: stays(made(patch, WritesIntoInput)),
    ),
    "outputs of any network": (
        f"{LOSSES}.check_estimates",
        nothing,
        lambda *_: refuses("found tuple", partial(SquaredError(REFUSED["tuple"][0](), Y), X)),
    ),
    "outputs of a model": (
        f"{LOCALIZER}.network.check_estimates",
        nothing,
        lambda patch, _: refuses("models: mine: .*found shape", partial(made, patch, REFUSED["one column"][0])),
    ),
    "targets": (
        f"{LOSSES}.check_target",
        nothing,
        lambda *_: refuses("expected positions of shape", partial(SquaredError(Net(), Y[:1]), X)),
    ),
    "double precision": (
        "robustloc.robustness.examination.in_double_precision",
        lambda model: nullcontext(),
        lambda *_: examined(),
    ),
    "contract": (
        f"{LOCALIZER}.contract.check",
        nothing,
        lambda *given: refuses("double precision", partial(trained, *given, REFUSED["single precision"][0])),
    ),
    "checkpoint": (f"{LOCALIZER}.readback.check", nothing, read_back),
    "a batch of one user": (
        f"{LOCALIZER}.training.Fit._loss",
        lambda fit, x, y: fit.defence.loss(fit.localizer, x, y, fit.eps, fit.generators),
        lambda *given: refuses("training.batch_size", partial(trained, *given, NormalisedFeatures, batch_size=11)),
    ),
    "users for the training set": (
        f"{LOCALIZER}.training.copies",
        lambda *tensors: tensors,
        lambda *given: spoilt(*given, "on_training_set"),
    ),
    "users for the score": (
        f"{LOCALIZER}.training.copies",
        lambda *tensors: tensors,
        lambda *given: spoilt(*given, "score"),
    ),
    "exit": ("robustloc.base.plugins.raised_in", nothing, lambda _, folder: ended(folder)),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_each_guard_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, guard: str) -> None:
    """The case passes with the guard, and fails without it."""
    place, replacement, case = GUARDS[guard]
    case(monkeypatch, tmp_path / "with")
    monkeypatch.setattr(place, replacement)

    with pytest.raises((AssertionError, pytest.fail.Exception, RuntimeError, AttributeError, UserError)):
        case(monkeypatch, tmp_path / "without")
