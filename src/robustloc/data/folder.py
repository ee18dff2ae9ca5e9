"""Read a scenario folder into paths, whatever the format of its files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.data import base_stations
from robustloc.data.paths import Paths
from robustloc.data.user_grid import select

FORMATS = "data.formats"  # kind of plugin


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
    """Read the paths between one base station and the selected users.

    Args:
        folder: a scenario folder of any format in ``data/formats/``.
        base_station: its name in the scenario, or its position [m].
        rows: first and last user row, from 1, inclusive; None selects all rows.
        row_step: select every row_step-th row.
        column_step: select every column_step-th user of a row.
        share: index from 0 of the share to return, of `shares` equal shares of the selected users. All shares are
            read, so that a damaged file fails every share and not only one.
        shares: number of shares.
        max_paths: number of stored paths to keep per user; formats store the strongest path first.

    Raises:
        UserError: a file is missing, damaged or contains impossible values, or the base station or a row does not
            exist.
    """
    folder = Path(folder)
    reader = plugins.load(FORMATS, find_format(folder))
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
    """List the files that `read` opens for a base station, the format's marker first.

    Raises:
        UserError: as `read` with these arguments, except for damage inside the files of the paths.
    """
    reader = plugins.load(FORMATS, find_format(folder))
    name = base_stations.find(reader.base_stations(folder), base_station, folder)
    select(reader.grids(folder, name), rows, row_step, column_step, shares=shares)
    return reader.files(folder, name)


def formats(folder: Path) -> list[str]:
    """List the formats whose marker is in a folder. Hidden files do not count: other programs leave them."""

    return [name for name in _names() if _is_marked(folder, name)]


def find_format(folder: Path) -> str:
    """Return the name of the format of a scenario folder.

    Planning and jobs both call this function, and a folder with the markers of two formats is an error. So a job runs
    the format that its fingerprint names, and an edit of another format never changes a result.

    Raises:
        UserError: the folder does not exist, or contains the marker of no format or of several formats.
    """
    if not folder.is_dir():
        raise UserError(
            f"{folder}: no such folder; download the DeepMIMO scenario {folder.name} (deepmimo.net) and unpack it "
            f"there, or change data_folder or the scenario's raw.folder. {_needs(folder)}"
        )
    found = formats(folder)
    if len(found) == 1:
        return found[0]
    if found:
        several = " and ".join(str(plugins.constant(FORMATS, name, "TITLE")) for name in found)
        raise UserError(
            f"{folder}: expected the files of one format, found files of {several}; unpack each scenario into its own "
            "folder"
        )
    content = ", ".join(sorted(file.name for file in folder.iterdir())[:8]) or "nothing"
    raise UserError(f"{folder}: expected a scenario folder, found {content}. {_needs(folder)}")


def _names() -> list[str]:
    """List the formats of folders; a format of single files has no marker."""
    return [name for name in plugins.names(FORMATS) if plugins.constant(FORMATS, name, "MARKER", None)]


def _is_marked(folder: Path, name: str) -> bool:
    found = folder.glob(plugins.constant(FORMATS, name, "MARKER"))
    return any(not file.name.startswith(".") for file in found)


def _needs(folder: Path) -> str:
    lines = ["A scenario folder has the files of one of these formats:"]
    for name in _names():
        title, needs = (plugins.constant(FORMATS, name, constant) for constant in ("TITLE", "NEEDS"))
        lines.append(f"  {title}: {needs.replace('{name}', folder.name)}")
    return "\n".join(lines)
