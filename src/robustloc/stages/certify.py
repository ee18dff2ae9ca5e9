"""Prove bounds on the errors of a localizer that is smoothed by a median -> one row per radius."""

from robustloc.base import seeds
from robustloc.base.files import Files
from robustloc.base.seeds import LOCALIZER
from robustloc.data.dataset import Manifest
from robustloc.localizer.checkpoint import load
from robustloc.robustness.smoothing import certificate

INPUTS = ("manifest", "test", "checkpoint")
OUTPUTS = ("certificate",)


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write radius, power and certified errors; the first row, of radius 0, is the smoothed estimate's own error."""
    manifest, cell = Manifest.read(inputs.one("manifest")), config["cell"]
    users, names = manifest.subset(config["users"]), [cell[name] for name in LOCALIZER]
    rows = certificate(
        load(inputs.one("checkpoint")),
        users,
        manifest.scale,
        [seeds.seed(config["seed"], *names, "certificate", user) for user in users.user],
        **{key: config[key] for key in ("draws", "radii_sigmas", "confidence")},
    )
    for place, name in enumerate(LOCALIZER):
        rows.insert(place, name, cell[name])
    rows.to_csv(outputs.one("certificate"), index=False, float_format="%.9g")
