"""Angle-delay profiles on disk: Parquet shards by user range, and the manifest that makes a data set of them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from robustloc import artifact
from robustloc.errors import UserError
from robustloc.scale import Scale

ROW_GROUP = 1024
PARTS = ("train", "validation", "test", "unused")


@dataclass(frozen=True)
class Users:
    """N users and their angle-delay profiles.

    Attributes:
        user: (N,) index in the scenario's order.
        row: (N,) row of the user grid.
        position: (N, 3) [m].
        line_of_sight: (N,) 1, 0, or -1 without any path.
        count: (N,) number of paths.
        adp: (N, angle bins, delay bins) linear magnitudes, float32.
    """

    user: np.ndarray
    row: np.ndarray
    position: np.ndarray
    line_of_sight: np.ndarray
    count: np.ndarray
    adp: np.ndarray

    def __len__(self) -> int:
        return len(self.user)

    def __getitem__(self, users: slice | np.ndarray) -> "Users":
        """Return a part of the users."""
        return Users(**{field.name: getattr(self, field.name)[users] for field in fields(self)})


def _schema(shape: tuple[int, int], made_from: dict) -> pa.Schema:
    return pa.schema(
        [
            pa.field("user", pa.int64()),
            pa.field("row", pa.int64()),
            pa.field("position", pa.list_(pa.float64(), 3)),
            pa.field("line_of_sight", pa.int8()),
            pa.field("count", pa.int16()),
            pa.field("adp", pa.list_(pa.float32(), shape[0] * shape[1])),
        ],
        metadata=artifact.parquet_metadata(made_from | {"shape": list(shape)}),
    )


def write_shard(path: Path, batches: Iterable[Users], shape: tuple[int, int], made_from: dict) -> None:
    """Write users to one Parquet file, batch by batch as they come."""
    schema = _schema(shape, made_from)
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False) as writer:
        for users in batches:
            columns = [
                pa.FixedSizeListArray.from_arrays(
                    pa.array(values.reshape(-1), type=field.type.value_type), field.type.list_size
                )
                if pa.types.is_fixed_size_list(field.type)
                else pa.array(values, type=field.type)
                for field, values in ((field, getattr(users, field.name)) for field in schema)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=ROW_GROUP)


def read_shard(path: Path) -> Users:
    """Read one Parquet file of users."""
    table = pq.read_table(path)
    shape = artifact.parquet_record(path)["shape"]
    arrays = {name: column(table, name) for name in table.column_names}
    return Users(**arrays | {"adp": arrays["adp"].reshape(-1, *shape)})


def column(table: pa.Table, name: str) -> np.ndarray:
    """Return a column as an array, (N,) or (N, length of its lists), without going through Python objects."""
    values = table[name].combine_chunks()
    if pa.types.is_fixed_size_list(values.type):
        return values.flatten().to_numpy().reshape(len(values), -1)
    return values.to_numpy()


@dataclass(frozen=True)
class Manifest:
    """A data set: its shards with checksums, its shape and scale, and which user belongs to which part.

    Shards are listed relative to the manifest, so that a results folder can be moved.
    """

    path: Path
    content: dict

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Read a manifest file."""
        try:
            return cls(path, json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise UserError(f"{path}: not a manifest ({error}); delete it and run again") from error

    @property
    def shape(self) -> tuple[int, int]:
        """Angle bins and delay bins."""
        return tuple(self.content["shape"])

    @property
    def scale(self) -> Scale:
        """The scale of the model's input."""
        return Scale(**self.content["scale"])

    def part(self, name: str) -> Users:
        """Read the users of ``train``, ``validation`` or ``test``, in the scenario's order."""
        parts = pq.read_table(self._verified("split"))["part"].to_numpy()
        wanted, offset, found = parts == PARTS.index(name), 0, []
        for shard in self._shards():
            found.append(shard[wanted[offset : offset + len(shard)]])
            offset += len(shard)
        return concatenate(found)

    def test(self) -> Users:
        """Read the test users from their own small file."""
        return read_shard(self._verified("test"))

    def _shards(self) -> Iterator[Users]:
        for entry in self.content["shards"]:
            yield read_shard(verified(self.path.parent / entry["file"], entry["sha256"]))

    def _verified(self, key: str) -> Path:
        return verified(self.path.parent / self.content[key]["file"], self.content[key]["sha256"])


def verified(path: Path, checksum: str) -> Path:
    """Return the path after holding the file against its checksum.

    Raises:
        UserError: the file is missing or its content changed since the manifest was written.
    """
    if not path.is_file():
        raise UserError(f"{path}: missing; delete the manifest beside it and run again")
    if (found := artifact.sha256(path)) != checksum:
        raise UserError(
            f"{path}: expected checksum {checksum[:12]}…, found {found[:12]}…; damaged, delete it and run again"
        )
    return path


def concatenate(parts: list[Users]) -> Users:
    """Join users in order."""
    return Users(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Users)}
    )
