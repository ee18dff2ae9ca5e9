"""Compute the channel matrices of the test users and of some training users, for attacks in front of the profile."""

import pyarrow.parquet as pq

from robustloc.base import seeds
from robustloc.base.files import Files
from robustloc.data import channel_matrices, folder, measurement
from robustloc.data.channel import Channel

INPUTS = ("raw", "split")
OUTPUTS = ("csi",)


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Compute the matrices of the users' paths (Eq. 1-2), or take measured ones, and write them."""
    parts = pq.read_table(inputs.one("split"))["part"].to_numpy()
    wanted = channel_matrices.chosen(
        parts, config["examples"], seeds.generator(config["seed"], config["scenario"], "examples")
    )
    first, settings = inputs["raw"][0], Channel(**config["channel"])
    if "users" in config:
        paths = folder.read(first.parent, config["base_station"], **config["users"], max_paths=settings.max_paths)
        users = paths[wanted]
        csi = channel_matrices.compute(users, settings)
    else:  # measured
        users = measurement.read(first)[wanted]
        csi = users.csi
    channels = channel_matrices.Channels(users.user, parts[wanted], users.position, csi)
    channel_matrices.write_channels(outputs.one("csi"), channels)
