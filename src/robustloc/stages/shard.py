"""Turn the raw paths of one share of a scenario's users into a Parquet shard of angle-delay profiles."""

from collections.abc import Iterator

from tqdm import tqdm

from robustloc.data import dataset, folder, profile
from robustloc.data.channel import Channel, used_paths
from robustloc.data.transform import CONVENTIONS
from robustloc.jobs.job import Job, run

# users per batch of work and of writing: bounds the memory
BATCH = dataset.ROW_GROUP


def main(job: Job) -> None:
    """Read the wanted users and write shard number `shard` of `shards`."""
    config = job.config
    channel, convention = Channel(**config["channel"]), CONVENTIONS[config["adp"]["convention"]]
    # the reader finds its files by itself; the inputs are exactly those that it opens, the marker first
    paths = folder.read(
        job.inputs["raw"][0].parent,
        config["base_station"],
        **config["users"],
        share=config["shard"],
        shares=config["shards"],
        max_paths=channel.max_paths,
    )
    used = used_paths(paths, channel)
    late = paths.count.sum() - used.sum()
    print(f"{len(paths)} users, {used.sum()} paths; {late} more are later than the OFDM symbol and dropped", flush=True)

    def batches() -> Iterator[dataset.Users]:
        """Compute as the file is written."""
        for start in tqdm(range(0, len(paths), BATCH), desc="profiles", unit="batch"):
            here = slice(start, start + BATCH)
            part, profiles = paths[here], profile.from_paths(paths[here], channel, convention)
            yield dataset.Users(part.user, part.row, part.position, part.line_of_sight, used[here], profiles)

    dataset.write_shard(job.output("shard"), batches(), (channel.antennas, channel.subcarriers), job.record())


if __name__ == "__main__":
    run(main, __doc__, inputs=("raw",), outputs=("shard",))
