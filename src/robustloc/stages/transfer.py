"""Craft on every localizer of a scenario and try the result on every other one -> table of errors."""

import pandas as pd
import torch
from tqdm import tqdm

from robustloc import cells, examine, localizer
from robustloc.dataset import Manifest
from robustloc.job import Job, run
from robustloc.victim import squared_error


def main(job: Job) -> None:
    """Write one row per source and victim: RMSE [m] of the subset at the reference epsilon."""
    config = job.config
    manifest = Manifest.read(job.input("manifest"))
    users, results = manifest.subset(config["users"]), job.input("manifest").parent.parent
    x = torch.tensor(manifest.scale.apply(users.adp)).unsqueeze(1)
    position = torch.tensor(users.position).float()
    losses = {}
    for name in config["localizers"]:
        model = localizer.load(results / cells.CHECKPOINT.format(**dict(zip(cells.LOCALIZER, name, strict=True))))
        losses[tuple(name)] = squared_error(model, position)
    attack = examine.pgd()
    rows = []
    for source, loss in tqdm(losses.items(), desc="sources", unit="localizer"):
        moved = attack(loss, x, eps=config["epsilon"], norm="linf")
        for victim, other in losses.items():
            names = dict(
                zip(("source_model", "source_defence", "model", "defence"), (*source[1:3], *victim[1:3]), strict=True)
            )
            rows.append(names | {"rmse_m": examine.rmse(other, moved)})
    pd.DataFrame(rows).to_csv(job.output("table"), index=False, float_format="%.9g")


if __name__ == "__main__":
    run(main, __doc__, inputs=("manifest", "test", "checkpoints"), outputs=("table",))
