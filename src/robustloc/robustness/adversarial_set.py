"""Adversarial sets on disk: one Parquet file per localizer, attack and budget, one row per test user."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from robustloc.base.files import from_column, read_metadata, to_column, to_metadata

CELL = ("scenario", "model", "defence", "seed", "attack", "epsilon", "budget")


def write(path: Path, columns: dict[str, np.ndarray], cell: dict, **described: object) -> None:
    """Write a set.

    Args:
        path: path to write.
        columns: arrays by name:

            * user (N,);
            * position, clean_prediction and prediction (N, 3) [m];
            * clean_error_m and error_m (N,) [m];
            * linf and l2 (N,), on the input's scale;
            * psr_db (N,) [dB];
            * only under an attack with a target: target (N, 3) [m] and target_m (N,) [m];
            * only of an ensemble: attack (N,), the member's name;
            * only if ADPs are kept: adp (N, angle bins, delay bins), on the input's scale.
        cell: the names that identify the set; its keys are CELL.
        described: other values for readers: ``spent``, of an ensemble only its ``evaluations``, and in a clean set the
            localizer's ``size``.
    """
    table = pa.table({name: to_column(values) for name, values in columns.items()})
    table = table.replace_schema_metadata(to_metadata({"cell": cell, **described}))
    # only the few names of attacks profit from a dictionary
    pq.write_table(table, path, compression="zstd", use_dictionary=["attack"])


def read(path: Path, names: list[str]) -> dict[str, np.ndarray]:
    """Read some columns of a set."""
    table = pq.read_table(path, columns=names)
    return {name: from_column(table, name) for name in names}


def names(path: Path) -> list[str]:
    """List the columns of a set."""
    return pq.read_schema(path).names


def cell(path: Path) -> dict:
    """Return the names of the cell that a set belongs to (the keys of CELL)."""
    return {name: described(path)["cell"][name] for name in CELL}


def described(path: Path) -> dict:
    """Return the metadata of a set: ``cell``, ``spent`` and, in a clean set, ``size``."""
    return read_metadata(path)


def worst(sets: dict[str, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Select each user's worst example among several attacks on one localizer.

    Args:
        sets: attack -> columns of its set; all sets have the same users.

    Returns:
        The columns of each user's example with the largest error, and ``attack`` (N,), the name of its attack.
    """
    attacks, columns = list(sets), list(sets.values())
    errors = np.stack([one["error_m"] for one in columns])
    strongest, users = errors.argmax(axis=0), np.arange(errors.shape[1])
    found = {name: np.stack([one[name] for one in columns])[strongest, users] for name in columns[0]}
    return found | {"attack": np.array(attacks)[strongest]}
