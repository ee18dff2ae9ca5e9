"""Search the smallest epsilon at which an attack moves each estimate of a localizer too far -> one row per user."""

import pandas as pd
import torch

from robustloc.base import plugins, seeds
from robustloc.base.errors import UserError
from robustloc.base.files import Files
from robustloc.base.seeds import LOCALIZER
from robustloc.data.dataset import Manifest
from robustloc.localizer.checkpoint import load
from robustloc.robustness.bisection import smallest_epsilons

INPUTS = ("manifest", "test", "checkpoint")
OUTPUTS = ("margin",)
ACCELERATED = True


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write the smallest epsilon of each user of the subset."""
    cell, attack = config["cell"], config["attack"]
    manifest, names = Manifest.read(inputs.one("manifest")), [cell[name] for name in LOCALIZER]
    users, settings = manifest.subset(config["users"]), {"norm": attack["norm"], **config["search"]}
    x = torch.from_numpy(manifest.inputs(users))
    own = [seeds.seed(config["seed"], *names, "margin", user) for user in users.user]
    try:
        epsilons, moved_m = smallest_epsilons(
            load(inputs.one("checkpoint")), x, plugins.attack(attack), seeds=own, **settings
        )
    except ValueError as error:
        raise UserError(f"margins.attack: {cell['attack']}: {error}") from error
    rows = pd.DataFrame({"user": users.user, "smallest_epsilon": epsilons, "moved_m": moved_m})
    shared = cell | {"budget": attack["norm"], **config["search"]}
    resolution = shared["largest_epsilon"] / 2 ** shared.pop("bisections")
    table = pd.DataFrame(shared | {"resolution": resolution}, index=rows.index).join(rows)
    table.to_csv(outputs.one("margin"), index=False, float_format="%.9g")
