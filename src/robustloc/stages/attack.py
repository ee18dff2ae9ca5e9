"""Attack one localizer's test users with one attack at one budget -> adversarial set; without attack: clean set."""

import torch

from robustloc.base.files import Files
from robustloc.data.channel_matrices import read_channels
from robustloc.data.dataset import Manifest
from robustloc.localizer import cost
from robustloc.localizer.checkpoint import load
from robustloc.robustness import adversarial_set
from robustloc.robustness.attacking import attacked

INPUTS = ("manifest", "test", "checkpoint", "surrogate", "csi")
OUTPUTS = ("set",)
ACCELERATED = True
# users in the batch that is used to count multiply-adds
COUNTED = 16


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Craft, measure and write the set; a clean set also records the size of its localizer."""
    manifest = Manifest.read(inputs.one("manifest"))
    test, localizer = manifest.test(), load(inputs.one("checkpoint"))
    channels = read_channels(inputs.one("csi"), "test", "train") if inputs["csi"] else [None, None]
    source, found = None, {}
    if config["attack"]:
        source = load(inputs.one("surrogate" if inputs["surrogate"] else "checkpoint"))
    else:
        found["size"] = cost.count(localizer, torch.from_numpy(manifest.inputs(test[:COUNTED])))
    columns, spent = attacked(config, manifest, test, channels, source=source, localizer=localizer)
    adversarial_set.write(outputs.one("set"), columns, config["cell"], spent=spent, **found)
