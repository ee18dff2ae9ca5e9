"""One way from a scenario folder to paths, whatever generation of DeepMIMO wrote it."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from robustloc.base.errors import UserError
from robustloc.data import base_stations
from robustloc.data.formats import deepmimo_v2, deepmimo_v3, deepmimo_v4
from robustloc.data.paths import Paths
from robustloc.data.user_grid import select

READERS = (deepmimo_v2, deepmimo_v3, deepmimo_v4)


def read(
    folder: str | Path,
    base_station: str | Sequence[float],
    *,
    rows: list[int] | None = None,
    row_step: int = 1,
    column_step: int = 1,
    share: int = 0,
    shares: int = 1,
    max_paths: int = 25,
) -> Paths:
    """Read the paths between one base station and the wanted users.

    Args:
        folder: a DeepMIMO scenario of any generation.
        base_station: its name in the scenario, or its position [m].
        rows: first and last user row, from 1, inclusive; None is all.
        row_step: take every so many rows.
        column_step: take every so many users of a row.
        share: which of the shares to return, from 0, if those users are cut into equal ones. All of them are read, so
            that what is damaged anywhere gives no share at all.
        shares: how many.
        max_paths: keep the first so many stored paths of a user (they are stored strongest first).

    Raises:
        UserError: a file is missing, damaged or holds impossible values, or there is no such base station or row.
    """
    folder = Path(folder)
    reader = find_reader(folder)
    name = base_stations.find(reader.base_stations(folder), base_station, folder)
    users, row = select(reader.grids(folder, name), rows, row_step, column_step, shares=shares)
    return reader.read(folder, name, users, row, max_paths)[np.array_split(np.arange(len(users)), shares)[share]]


def files(
    folder: Path,
    base_station: str | Sequence[float],
    *,
    rows: list[int] | None = None,
    row_step: int = 1,
    column_step: int = 1,
    shares: int = 1,
) -> list[Path]:
    """List the files that `read` opens for a base station, the one that tells the generation first.

    Raises:
        UserError: as `read` with these arguments, but for what is wrong inside the files of the paths.
    """
    reader = find_reader(folder)
    name = base_stations.find(reader.base_stations(folder), base_station, folder)
    select(reader.grids(folder, name), rows, row_step, column_step, shares=shares)
    return reader.files(folder, name)


def is_marked(folder: Path, reader: ModuleType) -> bool:
    """Say whether a folder holds the file that tells a reader's generation; hidden ones are other programs'."""
    return any(not file.name.startswith(".") for file in folder.glob(reader.MARKER))


def find_reader(folder: Path) -> ModuleType:
    """Return the module that reads a scenario folder, told by the files in it.

    Raises:
        UserError: there is no such folder, or nothing or several generations in it.
    """
    needs = "\n".join(f"  {reader.GENERATION}: {reader.NEEDS.replace('{name}', folder.name)}" for reader in READERS)
    if not folder.is_dir():
        raise UserError(
            f"{folder}: no such folder; download the DeepMIMO scenario {folder.name} (deepmimo.net), unpack it there, "
            f"or change data_folder or the scenario's raw.folder. Expected in it, by DeepMIMO's generation:\n{needs}"
        )
    fitting = [reader for reader in READERS if is_marked(folder, reader)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        several = " and ".join(reader.GENERATION for reader in fitting)
        raise UserError(f"{folder}: holds files of DeepMIMO {several}; unpack each into a folder of its own")
    found = ", ".join(sorted(file.name for file in folder.iterdir())[:8]) or "nothing"
    raise UserError(f"{folder}: not a DeepMIMO scenario folder, found {found}. Expected in it, by generation:\n{needs}")
