"""DeepMIMO v4 folders: ``params.json`` and one array file per quantity, ``<quantity>_t<set>_tx<index>_r<set>.npz``.

Arrays of path quantities have the shape (users, paths) and are padded with NaN: power [dBm] for a transmitter of 0 dBm,
phase and angles [deg], delay [s], interactions as decimal digits (0 is line of sight). ``*_el`` is the zenith angle,
although its name says elevation. A transmitter's name is the one in ``params.json``.
"""

from pathlib import Path

import numpy as np

from robustloc.base.errors import UserError
from robustloc.data.base_stations import Sites
from robustloc.data.formats.parts.loading import load_array, refuse_impossible
from robustloc.data.formats.parts.v4_files import (
    PATH_QUANTITIES,
    Link,
    described,
    links_of,
    position_file,
    transmitters,
)
from robustloc.data.paths import LINE_OF_SIGHT, NO_LINE_OF_SIGHT, NO_PATH, Paths, from_decibels
from robustloc.data.user_grid import Grid

TITLE = "DeepMIMO v4"
MARKER = "params.json"
NEEDS = "params.json, {power,phase,delay,aod_az,aod_el,aoa_el,inter,rx_pos,tx_pos}_t<set>_tx<index>_r<set>.npz"
LIMITED = {"aod_el": "zenith", "aoa_el": "zenith"}


def base_stations(folder: Path) -> Sites:
    """Return the position (3,) [m] of every transmitter with files for the users, by name."""
    found = transmitters(folder)
    return Sites(found, lambda name: _site(folder, found[name]))


def grids(folder: Path, name: str) -> list[Grid]:
    """Return the scenario's user grids, one per receiver set; a row is a series of users on a straight line."""
    found, row = [], 1
    for link in links_of(folder, name):
        position = link.positions()
        columns = _columns(position)
        rows = len(position) // columns
        found.append(Grid(row, row + rows - 1, columns))
        row += rows
    return found


def carrier_hz(folder: Path) -> float:
    """Return the carrier frequency [Hz]; NaN if the file does not have it."""
    found = described(folder, "rt_params").get("frequency", np.nan)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise UserError(f"{folder / MARKER}: expected a number as rt_params.frequency, found {found!r}")
    return float(found)


def files(folder: Path, name: str, users: np.ndarray) -> list[Path]:
    """List the files that are opened to read users of a base station, the marker first."""
    sites = [position_file(folder, transmitter) for transmitter in transmitters(folder).values()]
    found, offset = [folder / MARKER, *filter(Path.is_file, sites)], 0
    for link in links_of(folder, name):
        end = offset + len(link.positions())
        wanted = PATH_QUANTITIES if ((users >= offset) & (users < end)).any() else ()
        found += [link.file(quantity) for quantity in (*wanted, "rx_pos")]
        offset = end
    return found


def read(folder: Path, name: str, users: np.ndarray, row: np.ndarray, max_paths: int) -> Paths:
    """Read the paths of the given users (ascending indices); see `folder.read`."""
    parts, offset = [], 0
    for link in links_of(folder, name):
        position = link.positions()
        wanted = users[(users >= offset) & (users < offset + len(position))] - offset
        offset += len(position)
        if len(wanted):
            arrays = _chosen(link, len(position), wanted, max_paths)
            parts.append((arrays, _counts(arrays, wanted, link), position[wanted]))
    width = max(1, *(arrays["power"].shape[1] for arrays, _, _ in parts))
    table = {q: np.concatenate([_pad(arrays[q], width) for arrays, _, _ in parts]) for q in PATH_QUANTITIES}
    count, position = (np.concatenate([part[i] for part in parts]) for i in (1, 2))
    return _paths(table, users, row, count, position)


def _paths(table: dict, users: np.ndarray, row: np.ndarray, count: np.ndarray, position: np.ndarray) -> Paths:
    present = np.arange(table["power"].shape[1]) < count[:, None]
    clean = {q: np.where(present, array, 0.0) for q, array in table.items()}
    sight = np.where(clean["inter"][:, 0] == 0, LINE_OF_SIGHT, NO_LINE_OF_SIGHT)
    return Paths(
        user=users,
        row=row,
        position=position,
        line_of_sight=np.where(count == 0, NO_PATH, sight),
        count=count,
        gain=np.where(present, from_decibels(clean["power"], clean["phase"]), 0.0),
        delay=clean["delay"],
        zenith=np.deg2rad(clean["aod_el"]),
        azimuth=np.deg2rad(clean["aod_az"]),
        arrival_zenith=np.deg2rad(clean["aoa_el"]),
    )


def _chosen(link: Link, users: int, wanted: np.ndarray, max_paths: int) -> dict[str, np.ndarray]:
    """Load the first paths of some users of a receiver set, one quantity at a time to limit the memory."""
    arrays, expected = {}, None
    for quantity in PATH_QUANTITIES:
        array = link.load(quantity)
        expected = expected or (users, *array.shape[1:])
        if array.ndim != 2 or array.shape != expected:
            raise UserError(
                f"{link.file(quantity)}: expected shape {expected} as in rx_pos and power, found {array.shape}; "
                "download it again"
            )
        arrays[quantity] = array[wanted, :max_paths].astype(float)
    return arrays


def _counts(arrays: dict[str, np.ndarray], users: np.ndarray, link: Link) -> np.ndarray:
    """Count the paths of each user; NaN is valid only after the last path, in all quantities alike.

    A value after the last path means that the user has a NaN before it, which is refused.
    """
    missing = np.stack([np.isnan(array) for array in arrays.values()])
    count = (~missing).any(axis=0).sum(axis=1)
    present = np.arange(missing.shape[2]) < count[:, None]
    for quantity, array in arrays.items():
        refuse_impossible(link.file(quantity), LIMITED.get(quantity, quantity), users, array, present)
    return count


def _pad(array: np.ndarray, width: int) -> np.ndarray:
    return np.pad(array, ((0, 0), (0, width - array.shape[1])), constant_values=np.nan)


def _columns(position: np.ndarray) -> int:
    """Count the users per row: the users at equal steps along a line before the first turn.

    Users that do not form a grid are one row.
    """
    plan, users = position[:, :2], len(position)
    if users < 3:
        return users
    steps = np.diff(plan, axis=0)
    turns = np.abs(steps - steps[0]).max(axis=1) > 0.1 * np.abs(steps[0]).max()
    columns = int(turns.argmax()) + 1 if turns.any() else users
    # The step from the end of each row to the next row is a turn; the padding is the missing turn of the last row.
    regular = users % columns == 0 and not np.append(turns, True).reshape(-1, columns)[:, :-1].any()
    return columns if regular else users


def _site(folder: Path, transmitter: str) -> np.ndarray:
    file = position_file(folder, transmitter)
    site = np.asarray(load_array(file, "tx_pos"), dtype=float).reshape(-1)[:3]
    if site.shape != (3,) or not np.isfinite(site).all():
        raise UserError(f"{file}: expected a position of three numbers, found {site}")
    return site
