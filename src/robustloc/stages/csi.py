"""Compute the channel matrices of the test users and of some training users, for attacks in front of the profile."""

import numpy as np
import pyarrow.parquet as pq

from robustloc.base import seeds
from robustloc.data import channel, folder
from robustloc.data.channel_matrices import Channels, write_channels
from robustloc.data.split import TEST, TRAIN
from robustloc.jobs.job import Job, run


def main(job: Job) -> None:
    """Read the users' paths anew and write their channel matrices (Eq. 1-2)."""
    config = job.config
    settings = channel.Channel(**config["channel"])
    paths = folder.read(
        job.inputs["raw"][0].parent, config["base_station"], **config["users"], max_paths=settings.max_paths
    )
    parts = pq.read_table(job.input("split"))["part"].to_numpy()
    rng = seeds.generator(config["seed"], config["scenario"], "examples")
    train = np.flatnonzero(parts == TRAIN)
    examples = rng.choice(train, min(config["examples"], len(train)), replace=False)
    wanted = np.concatenate([np.flatnonzero(parts == TEST), examples])
    matrices = [channel.matrix(paths[np.array([user])], settings)[0] for user in wanted]
    channels = Channels(
        paths.user[wanted], parts[wanted], paths.position[wanted], np.stack(matrices).astype(np.complex64)
    )
    write_channels(job.output("csi"), channels, job.record())


if __name__ == "__main__":
    run(main, __doc__, inputs=("raw", "split"), outputs=("csi",))
