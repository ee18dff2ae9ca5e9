"""Train one localizer: scenario x model x defence x seed -> checkpoint."""

import hashlib
import json
import shutil
from functools import partial
from pathlib import Path

import pandas as pd
import torch

from robustloc import localizer, plugins, seeds
from robustloc.cells import LOCALIZER
from robustloc.dataset import Manifest
from robustloc.job import Job, run
from robustloc.training import Data, Recipe, fit


def main(job: Job) -> None:
    """Train from scratch, or from the checkpoint that the defence starts from, and write the best epoch."""
    config, made_from = job.config, job.record()
    seed = partial(seeds.seed, config["seed"], *(config["cell"][name] for name in LOCALIZER))
    manifest = Manifest.read(job.input("manifest"))
    data = _data(manifest)
    torch.manual_seed(seed("weights"))
    if job.inputs["start"]:
        model = localizer.load(job.input("start"))
    else:
        center = data.y.mean(dim=0)
        spread = ((data.y - center) ** 2).sum(dim=1).mean().sqrt()
        model = localizer.build(config["model"], manifest.shape, center, spread)
    checkpoint = job.output("checkpoint")
    if any(parameter.requires_grad for parameter in model.parameters()):
        scratch = _scratch(checkpoint.parent, made_from)
        recipe, defence = Recipe(**config["training"]), _defence(config["defence"])
        history = fit(model, data, defence, recipe, eps=config["epsilon"], seed=seed, folder=scratch)
    else:
        scratch, history = None, []
    log = pd.DataFrame(history, columns=["epoch", "training_loss", "validation_rmse_m"])
    log.to_csv(job.output("log"), index=False)
    localizer.save(checkpoint, model, config["model"], manifest.shape, made_from)
    if scratch:
        shutil.rmtree(scratch)


def _data(manifest: Manifest) -> Data:
    parts = manifest.parts("train", "validation")
    x, vx = (torch.from_numpy(manifest.scale.apply(part.adp)).unsqueeze(1) for part in parts)
    y, vy = (torch.from_numpy(part.position).float() for part in parts)
    return Data(x, y, vx, vy)


def _defence(entry: dict) -> object:
    attacks = [plugins.attack(attack) for attack in entry["attacks"]]
    return plugins.build("defences", entry["plugin"], attacks=attacks, **entry["parameters"])


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
