"""From a configuration to a trained localizer: build the network and the defence, then train if there are weights."""

import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.budget import bounded
from robustloc.attacks.parts.containment import contained
from robustloc.base import plugins, seeds
from robustloc.base.errors import UserError
from robustloc.base.seeds import TRAINING
from robustloc.data.scale import Scale
from robustloc.defences.parts.base import Defence
from robustloc.localizer import contract, over_the_air
from robustloc.localizer.batches import Data
from robustloc.localizer.checkpoint import load
from robustloc.localizer.guarding import Guarded, check_call, copies
from robustloc.localizer.hyperparameters import Recipe
from robustloc.localizer.network import Localizer, build
from robustloc.localizer.training import fit

# validation users on whom a network is checked before training
CHECKED = 8


class Trained(NamedTuple):
    """A trained localizer.

    Attributes:
        localizer: in eval mode, without a wrapper.
        used: the localizer in its wrapper, or the same if no defence wraps it.
        wrapper: the defence that wraps it, or None; see `robustloc.localizer.checkpoint.save`.
        history: values per epoch, see `robustloc.localizer.training.fit`.
    """

    localizer: Localizer
    used: nn.Module
    wrapper: dict | None
    history: list[dict[str, float]]


def train(config: dict, data: Data, start: Path | None, folder: Path, scale: Scale | None = None) -> Trained:
    """Train a localizer from new weights or from a checkpoint.

    Args:
        config: ``cell``, root ``seed``, ``model``, ``defence``, ``training`` and ``epsilon``.
        data: training users and validation users.
        start: the checkpoint to start from; None for new weights.
        folder: see `robustloc.localizer.training.fit`.
        scale: of the users' inputs; only attacks over the air need it.

    Raises:
        UserError: a plugin refuses a parameter or fails, there is nothing to train, or training diverges. The message
            names model and defence.
    """
    cell, recipe = config["cell"], Recipe(**config["training"])
    seed = partial(seeds.seed, config["seed"], *(cell[name] for name in TRAINING))
    history = []
    try:
        defence, wrapper = _defence(config["defence"], config["epsilon"], scale)
        # layers draw their new weights from torch's global generator
        torch.manual_seed(seed("weights"))
        model = _untrained(config["model"], data, start)
        _check(f"models: {config['model']['plugin']}", model, data)
        if wrapper:
            _check(f"defences: {wrapper['plugin']}", defence.wrap(model, config["epsilon"]), data)
        defends = type(defence.defence) is not Defence and wrapper is None
        if _can_learn(cell, model, recipe, start is not None, defends):
            history = fit(model, data, defence, recipe, eps=config["epsilon"], seed=seed, folder=folder)
        used = defence.wrap(model, config["epsilon"]) if wrapper else model
    except ValueError as error:
        if not isinstance(error, UserError):
            traceback.print_exc()  # a plugin's own error: its author needs the line
        raise UserError(f"{cell['model']}, {cell['defence']}: {error}") from error
    return Trained(model, used, wrapper, history)


def _untrained(entry: dict, data: Data, start: Path | None) -> Localizer:
    """Return the localizer that training starts from: from a checkpoint, or with new weights."""
    if start:
        return load(start, bare=True, **entry["parameters"])
    model = build(entry, tuple(data.x.shape[2:]), data.y)
    if penalty := getattr(model.network, "penalty", None):
        check_call("the network's penalty()", penalty, lambda: None)
    if remember := getattr(model.network, "remember", None):
        check_call("the network's remember()", remember, lambda x, y: None)
        with contained(model):
            remember(*copies(data.x, (data.y - model.center) / model.spread))
    return model


def _check(plugin: str, model: nn.Module, data: Data) -> None:
    """Check a network on a few users before its training; see `robustloc.localizer.contract.check`."""
    try:
        contract.check(model, data.validation_x[:CHECKED])
    except UserError as error:
        raise UserError(f"{plugin}: {error}") from error


def _can_learn(cell: dict, model: nn.Module, recipe: Recipe, starts: bool, defends: bool) -> bool:
    """Say whether there is anything to train.

    Raises:
        UserError: the network would stay untrained, or the defence would have no effect. Such a cell would report
            errors under a name that it does not earn. The message names the key to change.
    """
    learns = any(parameter.requires_grad for parameter in model.parameters())
    if learns and not recipe.epochs and not starts:
        raise UserError(f"{cell['model']}: its new weights are never trained; set training.epochs above 0")
    if defends and not learns:
        raise UserError(
            f"{cell['defence']}: this defence acts by training, and {cell['model']} has no weights to train; "
            "put the two into separate grids"
        )
    return learns and recipe.epochs > 0


def _defence(entry: dict, epsilon: float, scale: Scale | None = None) -> tuple[Guarded, dict | None]:
    """Build the defence, and describe it for the checkpoint if it wraps the localizer."""
    attacks = [_attack(attack, scale) for attack in entry["attacks"]]
    with contained():
        defence = Guarded(plugins.defence(entry["plugin"], attacks, entry["parameters"]))
    wraps = type(defence.defence).wrap is not Defence.wrap
    return defence, {key: entry[key] for key in ("plugin", "parameters")} | {"epsilon": epsilon} if wraps else None


def _attack(entry: dict, scale: Scale | None) -> Callable[..., Tensor]:
    """Return an attack on model inputs whose results are checked and keep the budget."""
    attack = bounded(plugins.attack(entry), entry["norm"], entry["plugin"])
    return over_the_air.on_inputs(attack, scale) if entry.get("domain", "input") == "adp" else attack
