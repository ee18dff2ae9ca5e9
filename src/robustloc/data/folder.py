"""Read a scenario folder into paths, whatever the format of its files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from robustloc.base import plugins
from robustloc.data import base_stations
from robustloc.data.formats.parts.loading import must_exist
from robustloc.data.paths import Paths
from robustloc.data.positions import check_positions
from robustloc.data.recognition import FORMATS, find_format
from robustloc.data.user_grid import select


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
    paths = reader.read(folder, name, users, row, max_paths)
    check_positions(paths.position, folder)
    return paths[np.array_split(np.arange(len(users)), shares)[share]]


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
    users, _ = select(reader.grids(folder, name), rows, row_step, column_step, shares=shares)
    found = reader.files(folder, name, users)
    for file in found:
        must_exist(file)
    return found
