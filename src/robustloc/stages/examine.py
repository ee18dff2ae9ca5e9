"""Examine one localizer on a fixed subset of its test users -> the figures that its verdict is made of."""

import json

import numpy as np
import torch

from robustloc.base import plugins
from robustloc.data.dataset import Manifest
from robustloc.jobs.job import Job, run
from robustloc.localizer.checkpoint import load
from robustloc.robustness import examination


def main(job: Job) -> None:
    """Attack the subset at the reference epsilon and write the figures."""
    config, checkpoint = job.config, job.input("checkpoint")
    manifest = Manifest.read(job.input("manifest"))
    users, scale = manifest.subset(config["users"]), manifest.scale
    model = load(checkpoint)
    options = plugins.options("models", config["model"]) if config["model"] in plugins.names("models") else {}
    is_solved = (
        options.keys() >= examination.FINE.keys() and f"'{examination.FINE['solver']}'" in options["solver"].annotation
    )
    largest = float(scale.apply(np.array([scale.peak]))[0])
    figures = examination.examine(
        model,
        torch.tensor(scale.apply(users.adp)).unsqueeze(1),
        torch.tensor(users.position).float(),
        examination.attacks(config["epsilon"], largest=largest, queries=config["queries"]),
        constant=load(checkpoint, bare=True).center,
        solver=load(checkpoint, **examination.FINE) if is_solved else None,
    )
    content = {"figures": figures, "users": len(users), "epsilon": config["epsilon"], "record": job.record()}
    job.output("examination").write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main, __doc__, inputs=("manifest", "test", "checkpoint"), outputs=("examination",))
