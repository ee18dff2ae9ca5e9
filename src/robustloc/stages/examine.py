"""Examine one localizer on a fixed subset of its test users -> the values that its verdict depends on."""

import json

import numpy as np
import torch

from robustloc.base.files import Files
from robustloc.data.dataset import Manifest
from robustloc.localizer.checkpoint import load
from robustloc.robustness import examination

INPUTS = ("manifest", "test", "checkpoint")
OUTPUTS = ("examination",)


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Attack the subset at the reference epsilon and write the values."""
    checkpoint, manifest = inputs.one("checkpoint"), Manifest.read(inputs.one("manifest"))
    users, largest = manifest.subset(config["users"]), manifest.scale.apply(np.array([manifest.scale.peak]))
    localizer, fine = load(checkpoint), examination.fine_solver(config["model"])
    figures = examination.examine(
        localizer,
        torch.from_numpy(manifest.inputs(users)),
        torch.tensor(users.position).float(),
        examination.attacks(config["epsilon"], largest=float(largest[0]), queries=config["queries"]),
        constant=load(checkpoint, bare=True).center,
        solver=load(checkpoint, **fine) if fine else None,
    )
    content = {"figures": figures, "users": len(users), "epsilon": config["epsilon"]}
    outputs.one("examination").write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
