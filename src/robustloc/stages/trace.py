"""Trace an embedded scene and write it as a DeepMIMO v4 scenario."""

import numpy as np

from robustloc.base import plugins
from robustloc.base.files import Files
from robustloc.data import deepmimo_writer as writer
from robustloc.data.scenes.parts import tracing

INPUTS = ()
OUTPUTS = ("raw",)


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Trace the paths between one base station and the users of rows R1 to R<rows>."""
    raw = config["raw"]
    place = plugins.load("data.scenes", raw["scene"])
    scene, name = tracing.chosen(place, raw["rows"], config["base_station"])
    site, users = np.array(scene.base_stations[name]), scene.users[: raw["rows"]].reshape(-1, 3)
    found = place.find(site, users, scene.carrier_hz, raw["max_reflections"])
    arrays = tracing.arrays(found, users, site, scene.carrier_hz, raw["max_paths"])
    files = dict(zip(writer.file_names(), outputs["raw"], strict=True))
    writer.write(files, arrays, name=name, carrier_hz=scene.carrier_hz, max_reflections=raw["max_reflections"])
