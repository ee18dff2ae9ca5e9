"""Craft on every localizer of a scenario and try the result on every other one -> table of errors."""

import pandas as pd
import torch
from tqdm import tqdm

from robustloc.attacks.parts.losses import squared_error
from robustloc.base.seeds import LOCALIZER
from robustloc.data.dataset import Manifest
from robustloc.experiment.paths import CHECKPOINT
from robustloc.jobs.job import Job, run
from robustloc.localizer.checkpoint import load
from robustloc.robustness import examination


def main(job: Job) -> None:
    """Write one row per source and victim: RMSE [m] of the subset at the reference epsilon."""
    config = job.config
    manifest = Manifest.read(job.input("manifest"))
    users, results = manifest.subset(config["users"]), job.input("manifest").parent.parent
    x = torch.tensor(manifest.scale.apply(users.adp)).unsqueeze(1)
    position = torch.tensor(users.position).float()
    losses = {}
    for name in config["localizers"]:
        model = load(results / CHECKPOINT.format(**dict(zip(LOCALIZER, name, strict=True))))
        losses[tuple(name)] = squared_error(model, position)
    attack = examination.pgd()
    rows = []
    for source, loss in tqdm(losses.items(), desc="sources", unit="localizer"):
        moved = attack(loss, x, eps=config["epsilon"], norm="linf")
        for victim, other in losses.items():
            names = dict(
                zip(("source_model", "source_defence", "model", "defence"), (*source[1:3], *victim[1:3]), strict=True)
            )
            rows.append(names | {"rmse_m": examination.rmse(other, moved)})
    pd.DataFrame(rows).to_csv(job.output("table"), index=False, float_format="%.9g")


if __name__ == "__main__":
    run(main, __doc__, inputs=("manifest", "test", "checkpoints"), outputs=("table",))
