"""Turn the raw paths of one share of a scenario's users into a Parquet shard of angle-delay profiles."""

from robustloc.base.files import Files
from robustloc.data import dataset, folder, profile
from robustloc.data.channel import Channel, dropped_paths
from robustloc.data.transform import CONVENTIONS

INPUTS = ("raw",)
OUTPUTS = ("shard",)


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Read the users of share number `shard` of `shards`, and write their profiles."""
    channel, convention = Channel(**config["channel"]), CONVENTIONS[config["adp"]["convention"]]
    # The reader finds its files itself. The inputs list exactly the files that it opens; the marker file is the first.
    paths = folder.read(
        inputs["raw"][0].parent,
        config["base_station"],
        **config["users"],
        share=config["shard"],
        shares=config["shards"],
        max_paths=channel.max_paths,
    )
    users = profile.users(paths, channel, convention)
    late_paths = dropped_paths(paths, channel)
    dataset.write_shard(outputs.one("shard"), users, (channel.antennas, channel.subcarriers), late_paths)
