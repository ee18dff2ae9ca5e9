"""Files that a job leaves behind: written whole or not at all, and carrying the record of what made them."""

import contextlib
import fcntl
import hashlib
import json
import math
import os
import platform
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from robustloc.base.errors import UserError

KEY = b"robustloc"
# packages whose version can change a number
PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "torch", "torchdiffeq", "pytorch-lightning", "pyarrow")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, which takes its place only if the block ends well.

    Waits while another process makes this file, such as a job that outlived its Snakemake.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, held = _alone(path.with_name(f".{path.name}.tmp"))
    try:
        yield temporary
        if not temporary.stat().st_size:
            raise FileNotFoundError(f"{path}: nothing was written")
        os.replace(temporary, path)
    except BaseException:  # not later: by then the name may be another process's
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(held)


def _alone(temporary: Path) -> tuple[Path, int]:
    """Open and lock a temporary file for this process alone, emptied of what a killed one left in it.

    Returns:
        Its path, another one where files cannot be locked; and the open file, which holds the lock.
    """
    while True:
        held = os.open(temporary, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another process to end that writes {temporary}", file=sys.stderr, flush=True)
            fcntl.flock(held, fcntl.LOCK_EX)
        except OSError:  # not on this file system; two at once must at least not write into one file
            temporary.unlink(missing_ok=True)
            own = temporary.with_name(f"{temporary.stem}.{platform.node()}.{os.getpid()}.tmp")
            own.touch()
            return own, held
        with contextlib.suppress(FileNotFoundError):  # removed, or given its final name, while this process waited
            if os.path.samestat(os.fstat(held), os.stat(temporary)):
                os.ftruncate(held, 0)
                return temporary, held
        os.close(held)


def sha256(path: Path) -> str:
    """Checksum of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def record(config: dict, code: str, inputs: dict[Path, str]) -> dict:
    """Describe what a result is made from: configuration, code fingerprint, inputs with checksums, package versions.

    Nothing here depends on the host or the time, so equal work gives equal bytes.
    """
    return {
        "config": config,
        "code": code,
        "inputs": dict(sorted((name, inputs[path]) for path, name in short_names(inputs).items())),
        "versions": {package: version(package) for package in PACKAGES},
    }


def short_names(paths: Iterable[Path]) -> dict[Path, str]:
    """Name files: by their own names, or with the folders that tell them from others of that name."""
    alike: dict[str, list[Path]] = {}
    for path in dict.fromkeys(paths):
        alike.setdefault(path.name, []).append(path)
    shared = {name: os.path.commonpath(same) for name, same in alike.items() if len(same) > 1}
    return {
        path: os.path.relpath(path, shared[name]) if name in shared else name
        for name, same in alike.items()
        for path in same
    }


def parquet_metadata(made_from: dict) -> dict[bytes, bytes]:
    """Return the schema metadata that holds a record."""
    return {KEY: json.dumps(made_from, sort_keys=True).encode()}


def parquet_record(path: Path) -> dict:
    """Read the record back from a Parquet file."""
    metadata = pq.read_schema(path).metadata or {}
    if KEY not in metadata:
        raise UserError(f"{path}: not written by robustloc (no {KEY.decode()!r} metadata); delete it and run again")
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
