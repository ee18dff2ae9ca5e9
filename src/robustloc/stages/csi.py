"""Compute the channel matrices of the test users and of some training users, for attacks in front of the profile."""

import pyarrow.parquet as pq

from robustloc.base import seeds
from robustloc.base.files import Files
from robustloc.data import channel_matrices, folder
from robustloc.data.channel import Channel

INPUTS = ("raw", "split")
OUTPUTS = ("csi",)


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Read the users' paths and write their channel matrices (Eq. 1-2)."""
    settings = Channel(**config["channel"])
    paths = folder.read(
        inputs["raw"][0].parent, config["base_station"], **config["users"], max_paths=settings.max_paths
    )
    parts = pq.read_table(inputs.one("split"))["part"].to_numpy()
    rng = seeds.generator(config["seed"], config["scenario"], "examples")
    channels = channel_matrices.compute(paths, parts, settings, config["examples"], rng)
    channel_matrices.write_channels(outputs.one("csi"), channels)
