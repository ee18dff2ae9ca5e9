"""Craft on every localizer of a scenario and seed, and test the examples on every other one -> largest errors."""

import torch

from robustloc.base.files import Files
from robustloc.base.seeds import LOCALIZER
from robustloc.data.dataset import Manifest
from robustloc.experiment.paths import CHECKPOINT, below_results
from robustloc.localizer.checkpoint import load
from robustloc.robustness import transfer

INPUTS = ("manifest", "test", "checkpoints")
OUTPUTS = ("table",)


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write one row per localizer and user of the subset, at the reference epsilon."""
    place = inputs.one("manifest")
    manifest, localizers = Manifest.read(place), {}
    for names in config["localizers"]:
        cell = dict(zip(LOCALIZER, names, strict=True))
        localizers[cell["model"], cell["defence"]] = load(below_results(place, CHECKPOINT.format(**cell)))
    users = manifest.subset(config["users"])
    x, position = torch.from_numpy(manifest.inputs(users)), torch.tensor(users.position).float()
    table = transfer.strongest(localizers, x, position, users.user, config["epsilon"])
    table.to_csv(outputs.one("table"), index=False, float_format="%.9g")
