"""Channel matrices on disk, for attacks on the channel instead of the profile."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from robustloc.base.files import from_column, read_metadata, to_column, to_metadata
from robustloc.data.channel import Channel, matrix
from robustloc.data.dataset import PARTS
from robustloc.data.paths import Paths


@dataclass(frozen=True)
class Channels:
    """Channel matrices of N users.

    Attributes:
        user: (N,) index in the scenario's order.
        part: (N,) index in `dataset.PARTS`.
        position: (N, 3) [m].
        csi: (N, antennas, subcarriers) channel matrices, complex64.
    """

    user: np.ndarray
    part: np.ndarray
    position: np.ndarray
    csi: np.ndarray


def chosen(parts: np.ndarray, examples: int, rng: np.random.Generator) -> np.ndarray:
    """Return the indices of all test users and of some training users.

    Args:
        parts: (N,) index in PARTS.
        examples: how many training users; all, if there are fewer.
        rng: draws them.
    """
    train, test = (np.flatnonzero(parts == PARTS.index(name)) for name in ("train", "test"))
    return np.concatenate([test, rng.choice(train, min(examples, len(train)), replace=False)])


def compute(paths: Paths, settings: Channel) -> np.ndarray:
    """Compute the channel matrices (N, antennas, subcarriers) of users, complex64."""
    # one user at a time bounds the memory: the matrices of all paths are larger than the result
    return np.stack([matrix(paths[np.array([user])], settings)[0] for user in range(len(paths))]).astype(np.complex64)


def write_channels(path: Path, channels: Channels) -> None:
    """Write channel matrices to one Parquet file, which stores real and imaginary parts alternately."""
    columns = {"user": channels.user, "part": channels.part, "position": channels.position}
    columns["csi"] = channels.csi.view(np.float32)
    table = pa.table({name: to_column(values) for name, values in columns.items()})
    table = table.replace_schema_metadata(to_metadata({"shape": channels.csi.shape[1:]}))
    pq.write_table(table, path, compression="zstd", use_dictionary=False)


def read_channels(path: Path, *names: str) -> list[Channels]:
    """Read the channel matrices of the named parts, such as ``test`` and ``train``, in the order of the names."""
    table, shape = pq.read_table(path), read_metadata(path)["shape"]
    arrays = {name: from_column(table, name) for name in table.column_names}
    arrays["csi"] = arrays["csi"].view(np.complex64).reshape(-1, *shape)
    chosen = [arrays["part"] == PARTS.index(name) for name in names]
    return [Channels(**{name: array[own] for name, array in arrays.items()}) for own in chosen]
