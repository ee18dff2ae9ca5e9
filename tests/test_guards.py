"""Each guard against faulty plugins is needed: without it, its case is no longer refused, or its result is wrong."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest
from faulty_models import REFUSED, Net, NormalisedFeatures, WritesIntoInput
from guard_cases import (
    X,
    Y,
    attacked,
    changed_network,
    defended,
    ended,
    examined,
    in_another_process,
    made,
    nothing,
    reaches_users,
    read_back,
    refuses,
    spoilt,
    state_of_torch,
    stays,
    trained,
)
from made_up_training import EPS

from robustloc.attacks import gradient, noise
from robustloc.attacks.parts.budget import bounded
from robustloc.attacks.parts.losses import SquaredError, estimates
from robustloc.localizer import readback

BUDGET, LOSSES, LOCALIZER = "robustloc.attacks.parts.budget", "robustloc.attacks.parts.losses", "robustloc.localizer"
STILL = {"eps": EPS, "norm": "linf", "step": 0.0}

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
    "state of torch": (f"{BUDGET}.contained", nullcontext, lambda *_: state_of_torch()),
    "users of a loss": ("robustloc.robustness.domains.Domain.copy", lambda users: users, lambda *_: reaches_users()),
    "network of the library": (
        "robustloc.robustness.own_network.restored",
        nullcontext,
        lambda patch, _: changed_network(patch),
    ),
    "parameters that disarm": (
        "robustloc.attacks.gradient.check_positive",
        nothing,
        lambda *_: refuses("^step: exp", partial(gradient.perturb, lambda x: x.sum(1), X[:, 0, 0], **STILL)),
    ),
    "results of a defence": (
        f"{LOCALIZER}.guarding.number",
        lambda _, found: found,
        lambda *given: defended(*given, "score as float"),
    ),
    "calls of a defence": (
        f"{LOCALIZER}.guarding.check_call",
        nothing,
        lambda *given: defended(*given, "arguments"),
    ),
    "errors of a defence": (
        f"{LOCALIZER}.guarding.contained",
        nullcontext,
        lambda *given: defended(*given, "stops"),
    ),
    "targets of a defence": (
        "robustloc.defences.parts.base.check_target",
        nothing,
        lambda *given: defended(*given, "batch of one column"),
    ),
    "another process": (f"{LOCALIZER}.readback.reader", lambda: nullcontext(readback.read), in_another_process),
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
        f"{LOCALIZER}.guarding.copies",
        lambda *tensors: tensors,
        lambda *given: spoilt(*given, "on_training_set"),
    ),
    "users for the score": (
        f"{LOCALIZER}.guarding.copies",
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

    with pytest.raises((Exception, pytest.fail.Exception)):
        case(monkeypatch, tmp_path / "without")
