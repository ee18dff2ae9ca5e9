"""Adversarial sets on disk: one Parquet file per localizer, attack and epsilon, one row per test user."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from robustloc.base.files import from_column, parquet_metadata, parquet_record, to_column

CELL = ("scenario", "model", "defence", "seed", "attack", "epsilon", "budget")


def write(path: Path, columns: dict[str, np.ndarray], made_from: dict) -> None:
    """Write a set.

    Args:
        path: where to.
        columns: by name: user (N,); position, clean_prediction and prediction (N, 3) [m]; clean_error_m and error_m
            (N,); linf, l2 (N,) on the input's scale; psr_db (N,); of attacks with a target also target (N, 3) [m] and
            target_m (N,); of an ensemble also attack (N,), its member; and, if kept, adp (N, …) on the input's scale.
        made_from: record of the job; its config says which cell this is.
    """
    table = pa.table({name: to_column(values) for name, values in columns.items()})
    table = table.replace_schema_metadata(parquet_metadata(made_from))
    numbers = [
        name if values.ndim == 1 else f"{name}.list.element" for name, values in columns.items() if name != "attack"
    ]
    pq.write_table(table, path, compression="zstd", use_byte_stream_split=numbers, use_dictionary=["attack"])


def read(path: Path, names: list[str]) -> dict[str, np.ndarray]:
    """Read some columns of a set."""
    table = pq.read_table(path, columns=names)
    return {name: from_column(table, name) for name in names}


def names(path: Path) -> list[str]:
    """List the columns of a set."""
    return pq.read_schema(path).names


def cell(path: Path) -> dict:
    """Return the names of the cell that a set belongs to (the keys of CELL)."""
    config = parquet_record(path)["config"]
    return {name: config["cell"][name] for name in CELL}
