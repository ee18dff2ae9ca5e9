"""Examine one localizer on a fixed subset of its test users -> the values that its verdict depends on."""

import json
from pathlib import Path

import numpy as np
import torch

from robustloc.base.files import Files
from robustloc.data.dataset import Manifest
from robustloc.localizer.checkpoint import load
from robustloc.robustness import adversarial_set, examination

INPUTS = ("manifest", "test", "checkpoint", "gradients", "others")
OUTPUTS = ("examination",)


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Examine the subset at the reference epsilon, with the errors of its sets, and write the values."""
    checkpoint, manifest = inputs.one("checkpoint"), Manifest.read(inputs.one("manifest"))
    users, largest = manifest.subset(config["users"]), manifest.scale.apply(np.array([manifest.scale.peak]))
    gradients, others = (_errors(inputs[kind], users.user) for kind in ("gradients", "others"))
    localizer, fine = load(checkpoint), examination.fine_solver(config["model"])
    figures = examination.examine(
        localizer,
        torch.from_numpy(manifest.inputs(users)),
        torch.tensor(users.position).float(),
        eps=config["epsilon"],
        largest=float(largest[0]),
        constant=load(checkpoint, bare=True).center,
        gradients=gradients,
        others=others,
        solver=load(checkpoint, **fine) if fine else None,
    )
    most = np.maximum.reduce(list(gradients.values()))
    content = {
        "figures": figures,
        "epsilon": config["epsilon"],
        "user": users.user.tolist(),
        "gradients_m": most.tolist(),
    }
    outputs.one("examination").write_text(json.dumps(content, sort_keys=True) + "\n", encoding="utf-8")


def _errors(sets: list[Path], user: np.ndarray) -> dict[str, np.ndarray]:
    """Return the errors (N,) [m] of some users by the attack's name."""
    found = {}
    for path in sets:
        columns = adversarial_set.read(path, ["user", "error_m"])
        found[adversarial_set.cell(path)["attack"]] = columns["error_m"][np.searchsorted(columns["user"], user)]
    return found
