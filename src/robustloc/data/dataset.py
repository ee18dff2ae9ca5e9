"""Angle-delay profiles on disk: Parquet shards with ranges of users, and the manifest that joins them to a data set."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from robustloc.base.errors import UserError
from robustloc.base.files import from_column, read_metadata, sha256, to_column, to_metadata
from robustloc.data.channel import Channel
from robustloc.data.scale import Scale
from robustloc.data.transform import CONVENTIONS, Convention

ROW_GROUP = 1024
PARTS = ("train", "validation", "test", "unused")


@dataclass(frozen=True)
class Users:
    """N users and their angle-delay profiles.

    Attributes:
        user: (N,) index in the scenario's order.
        row: (N,) row of the user grid.
        position: (N, 3) [m].
        line_of_sight: (N,) flag of each user, a key of `robustloc.data.paths.SIGHT`.
        count: (N,) number of paths in the profile.
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
        """Return some of the users."""
        return Users(**{field.name: getattr(self, field.name)[users] for field in fields(self)})


def _schema(shape: tuple[int, int], late_paths: int) -> pa.Schema:
    return pa.schema(
        [
            pa.field("user", pa.int64()),
            pa.field("row", pa.int64()),
            pa.field("position", pa.list_(pa.float64(), 3)),
            pa.field("line_of_sight", pa.int8()),
            pa.field("count", pa.int16()),
            pa.field("adp", pa.list_(pa.float32(), shape[0] * shape[1])),
        ],
        metadata=to_metadata({"shape": list(shape), "late_paths": late_paths}),
    )


def write_shard(path: Path, batches: Iterable[Users], shape: tuple[int, int], late_paths: int = 0) -> None:
    """Write users to one Parquet file, one batch at a time to limit the memory.

    Args:
        path: of the file.
        batches: users in the scenario's order.
        shape: angle bins and delay bins.
        late_paths: number of the users' paths that are not in the profiles, because they are later than the symbol.
    """
    schema = _schema(shape, late_paths)
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False) as writer:
        for users in batches:
            columns = [to_column(getattr(users, field.name), field.type) for field in schema]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=ROW_GROUP)


def read_shard(path: Path) -> Users:
    """Read one Parquet file of users."""
    table = pq.read_table(path)
    shape = read_metadata(path)["shape"]
    arrays = {name: from_column(table, name) for name in table.column_names}
    return Users(**arrays | {"adp": arrays["adp"].reshape(-1, *shape)})


@dataclass(frozen=True)
class Manifest:
    """A data set: its shards with checksums, its shape and scale, and the part of each user.

    Paths of shards are relative to the manifest, so that a results folder can be moved.
    """

    path: Path
    content: dict

    @classmethod
    def read(cls, path: str | Path) -> "Manifest":
        """Read a data set.

        Args:
            path: ``manifest.json``, or the folder that holds it.

        Raises:
            UserError: there is no manifest, or it is damaged.
        """
        path = Path(path)
        path = path / "manifest.json" if path.is_dir() else path
        if not path.is_file():
            raise UserError(
                f"{path}: no such file; expected the manifest.json of a data set, or the folder that holds it"
            )
        try:
            return cls(path, json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            if path.name != "manifest.json":  # a file of the user, which must not be called damaged
                raise UserError(
                    f"{path}: expected the manifest.json of a data set, or the folder that holds it, found another file"
                ) from error
            raise UserError(f"{path}: expected a manifest in JSON ({error}); delete the file and run again") from error

    @property
    def shape(self) -> tuple[int, int]:
        """Angle bins and delay bins."""
        return tuple(self.content["shape"])

    @property
    def scale(self) -> Scale:
        """Scale of the model's input."""
        return Scale(**self.content["scale"])

    @property
    def channel(self) -> Channel:
        """Array and waveform of the profiles."""
        return Channel(**self.content["conventions"]["channel"])

    @property
    def convention(self) -> Convention:
        """Convention of the profiles' transforms."""
        return CONVENTIONS[self.content["conventions"]["adp"]["convention"]]

    def inputs(self, users: Users) -> np.ndarray:
        """Return the scaled model inputs (N, 1, angle bins, delay bins) of users, float32."""
        return self.scale.apply(users.adp)[:, None]

    def parts(self, *names: str) -> list[Users]:
        """Read the users of the named parts (``train``, ``validation``, ``test``), each in the scenario's order."""
        parts = pq.read_table(self._verified("split"))["part"].to_numpy()
        offset, found = 0, [[] for _ in names]
        for shard in self._shards():
            own = parts[offset : offset + len(shard)]
            offset += len(shard)
            for users, name in zip(found, names, strict=True):
                users.append(shard[own == PARTS.index(name)])
        return [concatenate(users) for users in found]

    def test(self) -> Users:
        """Read the test users from their own file, which is much smaller than the shards."""
        return read_shard(self._verified("test"))

    def subset(self, count: int) -> Users:
        """Return `count` test users at equal steps, always the same ones; all test users if there are fewer."""
        test = self.test()
        return test[np.unique(np.linspace(0, len(test) - 1, min(count, len(test))).round().astype(int))]

    def _shards(self) -> Iterator[Users]:
        for entry in self.content["shards"]:
            yield read_shard(verified(self.path.parent / entry["file"], entry["sha256"]))

    def _verified(self, key: str) -> Path:
        return verified(self.path.parent / self.content[key]["file"], self.content[key]["sha256"])


def verified(path: Path, checksum: str) -> Path:
    """Check the checksum of a file and return its path.

    Raises:
        UserError: the file is missing, or its content has changed since the manifest was written.
    """
    if not path.is_file():
        raise UserError(f"{path}: the file is missing; delete the manifest beside it and run again")
    if (found := sha256(path)) != checksum:
        raise UserError(
            f"{path}: expected checksum {checksum[:12]}…, found {found[:12]}…; damaged, delete it and run again"
        )
    return path


def concatenate(parts: list[Users]) -> Users:
    """Join users in the order of the list."""
    return Users(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Users)}
    )
