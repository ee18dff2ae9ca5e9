"""One way from a scenario folder to paths, whatever generation of DeepMIMO wrote it."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from robustloc.errors import UserError
from robustloc.scenario import deepmimo_v3, deepmimo_v4, sites
from robustloc.scenario.paths import Paths
from robustloc.scenario.users import select

READERS = (deepmimo_v3, deepmimo_v4)


def read(
    folder: Path,
    base_station: str | Sequence[float],
    *,
    rows: list[int] | None = None,
    row_step: int = 1,
    column_step: int = 1,
    max_paths: int = 25,
) -> Paths:
    """Read the paths between one base station and the wanted users.

    Args:
        folder: a DeepMIMO v3 or v4 scenario.
        base_station: its name in the scenario, or its position [m].
        rows: first and last user row, from 1, inclusive; None is all.
        row_step: take every so many rows.
        column_step: take every so many users of a row.
        max_paths: keep the first so many stored paths of a user (they are stored strongest first).

    Raises:
        UserError: a file is missing, damaged or holds impossible values, or there is no such base station or row.
    """
    reader = _reader(folder)
    name = sites.find(reader.base_stations(folder), base_station, folder)
    users, row = select(reader.grids(folder, name), rows, row_step, column_step)
    return reader.read(folder, name, users, row, max_paths)


def files(folder: Path, base_station: str | Sequence[float], *, rows: list[int] | None = None) -> list[Path]:
    """List the files that `read` opens for a base station, the one that tells the generation first.

    Raises:
        UserError: as `read`, but for what is wrong inside the files of the paths.
    """
    reader = _reader(folder)
    name = sites.find(reader.base_stations(folder), base_station, folder)
    select(reader.grids(folder, name), rows, 1, 1)
    return reader.files(folder, name)


def _reader(folder: Path) -> ModuleType:
    if not folder.is_dir():
        raise UserError(
            f"{folder}: no such folder; download the DeepMIMO scenario, unpack it there, or change data_folder or the "
            "scenario's raw.folder in the configuration"
        )
    for reader in READERS:
        if (folder / reader.MARKER).is_file():
            return reader
    markers = " or ".join(f"{reader.MARKER} ({reader.GENERATION})" for reader in READERS)
    found = ", ".join(sorted(file.name for file in folder.iterdir())[:8]) or "nothing"
    raise UserError(f"{folder}: expected {markers} in a DeepMIMO scenario folder, found {found}")
