"""Turn the raw paths, or measured channels, of one share of a scenario's users into a Parquet shard of profiles."""

from robustloc.base.files import Files
from robustloc.data import dataset, folder, measurement, profile
from robustloc.data.channel import Channel, dropped_paths
from robustloc.data.transform import CONVENTIONS

INPUTS = ("raw",)
OUTPUTS = ("shard",)


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Read the users of share number `shard` of `shards`, and write their profiles."""
    channel, convention = Channel(**config["channel"]), CONVENTIONS[config["adp"]["convention"]]
    first, share = inputs["raw"][0], {"share": config["shard"], "shares": config["shards"]}
    if "users" in config:
        # The reader finds its files itself. The inputs list exactly the files that it opens, the marker file first.
        paths = folder.read(
            first.parent, config["base_station"], **config["users"], **share, max_paths=channel.max_paths
        )
        users, late_paths = profile.users(paths, channel, convention), dropped_paths(paths, channel)
    else:  # a measured scenario selects no users and no paths
        users, late_paths = profile.measured(measurement.read(first, **share), convention), 0
    dataset.write_shard(outputs.one("shard"), users, (channel.antennas, channel.subcarriers), late_paths)
