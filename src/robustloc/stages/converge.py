"""Attack a subset of test users with a reference of many times an attack's cost -> one row per user."""

import numpy as np
import pandas as pd

from robustloc.base import seeds
from robustloc.base.files import Files
from robustloc.base.seeds import LOCALIZER
from robustloc.data.dataset import Manifest
from robustloc.localizer.checkpoint import load
from robustloc.robustness import adversarial_set
from robustloc.robustness.reference import reference

INPUTS = ("manifest", "test", "checkpoint", "set")
OUTPUTS = ("convergence",)
ACCELERATED = True


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write each user's error under the attack and under the reference, which includes the attack."""
    manifest, cell = Manifest.read(inputs.one("manifest")), config["cell"]
    users = manifest.subset(config["users"])
    found = adversarial_set.read(inputs.one("set"), ["user", "error_m"])
    errors = found["error_m"][np.searchsorted(found["user"], users.user)]
    evaluations = adversarial_set.described(inputs.one("set"))["spent"]["evaluations"]
    further, spent = reference(
        load(inputs.one("checkpoint")),
        users,
        manifest,
        evaluations=max(1, config["times"] * evaluations),
        seed=seeds.seed(config["seed"], *(cell[name] for name in LOCALIZER), "reference", cell["epsilon"]),
        **{key: config[key] for key in ("norm", "batch_size")},
        eps=cell["epsilon"],
    )
    rows = pd.DataFrame({"user": users.user, "error_m": errors, "reference_error_m": np.maximum(errors, further)})
    rows = rows.assign(evaluations=evaluations, reference_evaluations=spent)
    for place, name in enumerate((*LOCALIZER, "attack", "epsilon")):
        rows.insert(place, name, cell[name])
    rows.to_csv(outputs.one("convergence"), index=False, float_format="%.9g")
