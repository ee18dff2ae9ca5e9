"""Files that jobs read and write: names, checksums, and arrays as columns of Parquet files."""

import hashlib
import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from robustloc.base.errors import UserError

KEY = b"robustloc"


class Files(dict[str, list[Path]]):
    """Input or output files of a job, by the name of their argument."""

    def one(self, name: str) -> Path:
        """Return the only file of an argument."""
        (path,) = self[name]
        return path


def sha256(path: Path) -> str:
    """Checksum of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def to_metadata(described: dict) -> dict[bytes, bytes]:
    """Return Parquet schema metadata that stores a mapping as JSON."""
    return {KEY: json.dumps(described, sort_keys=True).encode()}


def read_metadata(path: Path) -> dict:
    """Read the mapping of `to_metadata` from a Parquet file.

    Raises:
        UserError: the file has no such metadata.
    """
    metadata = pq.read_schema(path).metadata or {}
    if KEY not in metadata:
        raise UserError(
            f"{path}: expected a file of robustloc, found no {KEY.decode()!r} metadata; delete it and run again"
        )
    return json.loads(metadata[KEY])


def to_column(values: np.ndarray, kind: pa.DataType | None = None) -> pa.Array:
    """Make a column of an array: plain for (N,), lists of fixed length for (N, …)."""
    if values.ndim == 1:
        return pa.array(values, type=kind)
    flat = pa.array(np.ascontiguousarray(values).reshape(-1), type=kind.value_type if kind else None)
    return pa.FixedSizeListArray.from_arrays(flat, math.prod(values.shape[1:]))


def from_column(table: pa.Table, name: str) -> np.ndarray:
    """Return a column as an array, (N,) or (N, length of its lists), without going through Python objects."""
    values = table[name].combine_chunks()
    if pa.types.is_fixed_size_list(values.type):
        return values.flatten().to_numpy().reshape(len(values), values.type.list_size)
    return values.to_numpy()
