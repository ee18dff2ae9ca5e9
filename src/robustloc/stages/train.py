"""Train one localizer: scenario x model x defence x seed -> checkpoint."""

import hashlib
import json
import shutil
import traceback
from functools import partial
from pathlib import Path

import pandas as pd
import torch

from robustloc.base import plugins, seeds
from robustloc.base.errors import UserError
from robustloc.base.seeds import LOCALIZER
from robustloc.data.dataset import Manifest
from robustloc.defences.parts.base import Defence
from robustloc.jobs.job import Job, run
from robustloc.localizer.batches import Data
from robustloc.localizer.checkpoint import load, save
from robustloc.localizer.hyperparameters import LOGGED, Recipe
from robustloc.localizer.network import Localizer, build
from robustloc.localizer.training import fit


def main(job: Job) -> None:
    """Train from scratch, or from the checkpoint that the cell starts from, and write the best epoch."""
    config, made_from = job.config, job.record()
    seed = partial(seeds.seed, config["seed"], *(config["cell"][name] for name in LOCALIZER))
    manifest = Manifest.read(job.input("manifest"))
    data = _data(manifest)
    torch.manual_seed(seed("weights"))
    checkpoint, recipe = job.output("checkpoint"), Recipe(**config["training"])
    defence, wrapper = _defence(config["defence"], config["epsilon"])
    scratch, history = None, []
    try:
        model = _untrained(config["model"], manifest, data, job.inputs["start"])
        defends = type(defence) is not Defence and wrapper is None
        if _can_learn(config, model, recipe, bool(job.inputs["start"]), defends):
            scratch = _scratch(checkpoint.parent, made_from)
            history = fit(model, data, defence, recipe, eps=config["epsilon"], seed=seed, folder=scratch)
    except ValueError as error:  # a plugin refuses a parameter, or fails
        if not isinstance(error, UserError):
            traceback.print_exc()
        raise UserError(f"{config['cell']['model']}, {config['cell']['defence']}: {error}") from error
    pd.DataFrame(history, columns=LOGGED).to_csv(job.output("log"), index=False)
    save(checkpoint, model, config["model"], manifest.shape, made_from, wrapper)
    if scratch:
        shutil.rmtree(scratch)


def _untrained(entry: dict, manifest: Manifest, data: Data, start: list[Path]) -> Localizer:
    """What training starts from: a checkpoint, or new weights."""
    if start:
        return load(start[0], bare=True, **entry["parameters"])
    model = build(entry, manifest.shape, data.y)
    if remember := getattr(model.network, "remember", None):
        remember(data.x, (data.y - model.center) / model.spread)
    return model


def _can_learn(config: dict, model: torch.nn.Module, recipe: Recipe, starts: bool, defends: bool) -> bool:
    """Say whether there is anything to train; refuse what would be a network or a defence by name alone.

    Raises:
        UserError: names the key to change.
    """
    learns = any(parameter.requires_grad for parameter in model.parameters())
    if learns and not recipe.epochs and not starts:
        raise UserError(f"{config['cell']['model']}: nothing trains it; set training.epochs above 0")
    if defends and not learns:
        raise UserError(
            f"{config['cell']['defence']}: {config['cell']['model']} has nothing to train; take them apart in grids"
        )
    return learns and recipe.epochs > 0


def _data(manifest: Manifest) -> Data:
    parts = manifest.parts("train", "validation")
    x, vx = (torch.from_numpy(manifest.scale.apply(part.adp)).unsqueeze(1) for part in parts)
    y, vy = (torch.from_numpy(part.position).float() for part in parts)
    return Data(x, y, vx, vy)


def _defence(entry: dict, epsilon: float) -> tuple[Defence, dict | None]:
    """Build the defence; and what a checkpoint says of it, if it wraps the localizer."""
    attacks = [plugins.attack(attack) for attack in entry["attacks"]]
    defence = plugins.defence(entry["plugin"], attacks, entry["parameters"])
    wraps = type(defence).wrap is not Defence.wrap
    return defence, {key: entry[key] for key in ("plugin", "parameters")} | {"epsilon": epsilon} if wraps else None


def _scratch(place: Path, made_from: dict) -> Path:
    """Where training keeps its state between epochs: named after all that it depends on, others are swept away."""
    key = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:16]
    scratch = place / f".training-{key}"
    for other in place.glob(".training-*"):
        if other != scratch:
            shutil.rmtree(other)
    scratch.mkdir(parents=True, exist_ok=True)
    return scratch


if __name__ == "__main__":
    run(main, __doc__, inputs=("manifest", "split", "shards", "start"), outputs=("checkpoint", "log"), accelerated=True)
