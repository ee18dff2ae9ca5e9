"""Train one localizer: scenario x model x defence x seed -> checkpoint."""

import hashlib
import json
import shutil
from functools import partial
from pathlib import Path

import pandas as pd
import torch

from robustloc import localizer, plugins, seeds
from robustloc.batches import Data
from robustloc.cells import LOCALIZER
from robustloc.dataset import Manifest
from robustloc.defence import Defence
from robustloc.job import Job, run
from robustloc.recipe import Recipe
from robustloc.training import fit


def main(job: Job) -> None:
    """Train from scratch, or from the checkpoint that the cell starts from, and write the best epoch."""
    config, made_from = job.config, job.record()
    seed = partial(seeds.seed, config["seed"], *(config["cell"][name] for name in LOCALIZER))
    manifest = Manifest.read(job.input("manifest"))
    data = _data(manifest)
    torch.manual_seed(seed("weights"))
    if job.inputs["start"]:
        model = localizer.load(job.input("start"), bare=True, **config["model"]["parameters"])
    else:
        model = localizer.build(config["model"], manifest.shape, data.y)
        if remember := getattr(model.network, "remember", None):
            remember(data.x, (data.y - model.center) / model.spread)
    checkpoint, recipe = job.output("checkpoint"), Recipe(**config["training"])
    defence, wrapper = _defence(config["defence"], config["epsilon"])
    scratch, history = None, []
    if recipe.epochs and any(parameter.requires_grad for parameter in model.parameters()):
        scratch = _scratch(checkpoint.parent, made_from)
        history = fit(model, data, defence, recipe, eps=config["epsilon"], seed=seed, folder=scratch)
    log = pd.DataFrame(history, columns=["epoch", "training_loss", "validation_loss", "validation_rmse_m"])
    log.to_csv(job.output("log"), index=False)
    localizer.save(checkpoint, model, config["model"], manifest.shape, made_from, wrapper)
    if scratch:
        shutil.rmtree(scratch)


def _data(manifest: Manifest) -> Data:
    parts = manifest.parts("train", "validation")
    x, vx = (torch.from_numpy(manifest.scale.apply(part.adp)).unsqueeze(1) for part in parts)
    y, vy = (torch.from_numpy(part.position).float() for part in parts)
    return Data(x, y, vx, vy)


def _defence(entry: dict, epsilon: float) -> tuple[Defence, dict | None]:
    """Build the defence; and what a checkpoint says of it, if it wraps the localizer."""
    attacks = [plugins.attack(attack) for attack in entry["attacks"]]
    defence = plugins.build("defences", entry["plugin"], attacks=attacks, **entry["parameters"])
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
    run(main, __doc__, inputs=("manifest", "split", "shards", "start"), outputs=("checkpoint", "log"))
