"""Channel matrices on disk, for attacks on the channel instead of the profile."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from robustloc.base.files import from_column, parquet_metadata, parquet_record, to_column
from robustloc.data.dataset import PARTS


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


def write_channels(path: Path, channels: Channels, made_from: dict) -> None:
    """Write channel matrices to one Parquet file, which stores real and imaginary parts alternately."""
    columns = {"user": channels.user, "part": channels.part, "position": channels.position}
    columns["csi"] = channels.csi.view(np.float32)
    table = pa.table({name: to_column(values) for name, values in columns.items()})
    table = table.replace_schema_metadata(parquet_metadata(made_from | {"shape": channels.csi.shape[1:]}))
    pq.write_table(table, path, compression="zstd", use_byte_stream_split=["csi.list.element"], use_dictionary=False)


def read_channels(path: Path, *names: str) -> list[Channels]:
    """Read the channel matrices of the named parts, such as ``test`` and ``train``, in the order of the names."""
    table, shape = pq.read_table(path), parquet_record(path)["shape"]
    arrays = {name: from_column(table, name) for name in table.column_names}
    arrays["csi"] = arrays["csi"].view(np.complex64).reshape(-1, *shape)
    chosen = [arrays["part"] == PARTS.index(name) for name in names]
    return [Channels(**{name: array[own] for name, array in arrays.items()}) for own in chosen]
