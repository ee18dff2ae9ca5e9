"""Train one localizer: scenario x model x defence x seed -> checkpoint."""

from pathlib import Path

import pandas as pd
import torch

from robustloc.base.files import Files
from robustloc.data.dataset import Manifest
from robustloc.localizer import preparation, readback
from robustloc.localizer.batches import Data
from robustloc.localizer.checkpoint import save
from robustloc.localizer.hyperparameters import LOGGED

INPUTS = ("manifest", "split", "shards", "start")
OUTPUTS = ("checkpoint", "log")
# validation users on whom the checkpoint is compared with the trained localizer
COMPARED = 32
ACCELERATED = True
RESUMES = True


def run(config: dict, inputs: Files, outputs: Files, scratch: Path) -> None:
    """Train from new weights, or from the checkpoint that the cell starts from, and write the best epoch."""
    with readback.reader() as read:
        manifest = Manifest.read(inputs.one("manifest"))
        parts = manifest.parts("train", "validation")
        x, validation_x = (torch.from_numpy(manifest.inputs(users)) for users in parts)
        y, validation_y = (torch.from_numpy(users.position).float() for users in parts)
        start = next(iter(inputs["start"]), None)
        found = preparation.train(config, Data(x, y, validation_x, validation_y), start, scratch, manifest.scale)
        pd.DataFrame(found.history, columns=LOGGED).to_csv(outputs.one("log"), index=False)
        save(outputs.one("checkpoint"), found.localizer, config["model"], manifest.shape, found.wrapper)
        plugins = {kind: config[kind]["plugin"] for kind in ("model", "defence")}
        some = validation_x[:COMPARED]
        readback.check(outputs.one("checkpoint"), found.localizer, found.used, some, read=read, **plugins)
