"""DeepMIMO v3 folders: MATLAB files ``params.mat``, ``BS<b>_BS.mat`` and ``BS<b>_UE_<first>-<end>.mat``.

A UE file contains the users from first to end - 1 (from 0). Its variable ``channels`` has one structure per user with
one field ``p``: one column per path, and rows phase [deg], time of flight [s], power [dBm], arrival azimuth and zenith
[deg], departure azimuth and zenith [deg], line-of-sight flag.
"""

import re
from pathlib import Path

import numpy as np

from robustloc.base.errors import UserError
from robustloc.data.base_stations import Sites
from robustloc.data.formats.parts.loading import (
    absent,
    load_matlab,
    number,
    original_name,
    refuse_impossible,
    variables,
)
from robustloc.data.paths import LINE_OF_SIGHT, NO_LINE_OF_SIGHT, NO_PATH, Paths, from_decibels
from robustloc.data.user_grid import Grid, from_table, total

TITLE = "DeepMIMO v3"
MARKER = "params.mat"
NEEDS = "params.mat, BS<b>_BS.mat, BS<b>_UE_<first>-<end>.mat"
PHASE, DELAY, POWER, _, ARRIVAL_ZENITH, AZIMUTH, ZENITH, LOS = range(8)
QUANTITIES = ("phase", "delay", "power", "azimuth", "zenith", "azimuth", "zenith", "line of sight")


def base_stations(folder: Path) -> Sites:
    """Return the position (3,) [m] of every base station, by name."""
    names = [original_name(file.name) for file in folder.iterdir()]
    numbers = sorted({int(m[1]) for name in names if (m := re.fullmatch(r"BS(\d+)_UE_.*\.mat", name))})
    if not numbers:
        raise UserError(f"{folder}: expected BS<number>_UE_<first>-<end>.mat files beside {MARKER}, found none")
    return Sites([f"BS{number}" for number in numbers], lambda name: _site(folder, int(name.removeprefix("BS"))))


def grids(folder: Path, name: str) -> list[Grid]:
    """Return the scenario's user grids, without the last grids if the base station has no file for their users."""
    found, names = _all_grids(folder), [original_name(file.name) for file in folder.iterdir()]
    end = max((int(m[2]) for other in names if (m := _pattern(name).fullmatch(other))), default=0)
    return [grid for place, grid in enumerate(found) if total(found[:place]) < end] or found


def carrier_hz(folder: Path) -> float:
    """Return the carrier frequency [Hz]; NaN if the file does not have it."""
    return number(folder / MARKER, _parameters(folder), "carrier_freq", np.nan)


def files(folder: Path, name: str, users: np.ndarray) -> list[Path]:
    """List the files that are opened to read users of a base station, the marker first."""
    sites = [folder / f"{site}_BS.mat" for site in base_stations(folder)]
    found = [file for _, _, file in _files_of(folder, name, users)]
    return [folder / MARKER, *filter(Path.is_file, sites), *found]


def read(folder: Path, name: str, users: np.ndarray, row: np.ndarray, max_paths: int) -> Paths:
    """Read the paths of the given users (ascending indices); see `folder.read`."""
    sent_dbm = number(folder / MARKER, _parameters(folder), "transmit_power", 0.0)
    tables, positions = [], []
    for first, end, file in _files_of(folder, name, users):
        wanted = users[(users >= first) & (users < end)] - first
        channels, locations = _content(file)
        if channels.size != end - first or len(locations) != end - first:
            raise UserError(
                f"{file}: its name promises {end - first} users, it contains {channels.size}; download it again"
            )
        matrices = [_matrix(file, channels.flat[index], first + index)[:, :max_paths] for index in wanted]
        tables.append(_table(file, first + wanted, matrices))
        if not np.isfinite(locations[wanted, :3]).all():
            raise UserError(f"{file}: expected finite user positions in rx_locs; download it again")
        positions.append(locations[wanted, :3])
    found = sum(len(count) for count, _ in tables)
    if found != len(users):
        raise UserError(
            f"{folder}: expected each of the {len(users)} selected users in one {name}_UE file, found "
            f"{found - len(users)} of them in several; by their names, the files overlap; download them again"
        )
    return _paths(tables, users, row, np.concatenate(positions), sent_dbm)


def _table(file: Path, users: np.ndarray, matrices: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Join the users' matrices (8, paths) to path counts (N,) and values (8, N, P), zero behind the last path."""
    count = np.array([matrix.shape[1] for matrix in matrices])
    table = np.zeros((8, len(users), max(1, count.max())))
    # The mask selects entries user by user, which is the order of the concatenated paths.
    table[:, np.arange(table.shape[2]) < count[:, None]] = np.concatenate(matrices, axis=1)
    for line, quantity in enumerate(QUANTITIES):
        refuse_impossible(file, quantity, users, table[line])
    return count, table


def _paths(tables: list, users: np.ndarray, row: np.ndarray, position: np.ndarray, sent_dbm: float) -> Paths:
    count = np.concatenate([count for count, _ in tables])
    width = max(table.shape[2] for _, table in tables)
    table = np.concatenate([np.pad(t, ((0, 0), (0, 0), (0, width - t.shape[2]))) for _, t in tables], axis=1)
    present = np.arange(width) < count[:, None]
    sight = np.where(table[LOS, :, 0] == 1, LINE_OF_SIGHT, NO_LINE_OF_SIGHT)
    return Paths(
        user=users,
        row=row,
        position=position.astype(float),
        line_of_sight=np.where(count == 0, NO_PATH, sight),
        count=count,
        gain=np.where(present, from_decibels(table[POWER] - sent_dbm, table[PHASE]), 0.0),
        delay=table[DELAY],
        zenith=np.deg2rad(table[ZENITH]),
        azimuth=np.deg2rad(table[AZIMUTH]),
        arrival_zenith=np.deg2rad(table[ARRIVAL_ZENITH]),
    )


def _matrix(file: Path, cell: np.ndarray, user: int) -> np.ndarray:
    try:
        matrix = np.asarray(cell["p"].item(), dtype=float)
    except (IndexError, KeyError, ValueError) as error:
        raise UserError(
            f"{file}: expected a field 'p' of user {user}, found none; this is not a {TITLE} file"
        ) from error
    if matrix.size == 0:
        return np.zeros((8, 0))
    if matrix.ndim != 2 or matrix.shape[0] < 8:
        raise UserError(f"{file}: user {user}: expected 8 rows per path, found an array of shape {matrix.shape}")
    return matrix[:8]


def _site(folder: Path, number: int) -> np.ndarray:
    file = folder / f"BS{number}_BS.mat"
    content = load_matlab(file)
    if "tx_loc" in content:
        site = np.ravel(content["tx_loc"])
    else:  # older files list the positions of all base stations, in order
        site = np.ravel(variables(file, content, "rx_locs")[0][number - 1 : number, :3])
    if site.shape != (3,) or not np.isfinite(site).all():
        raise UserError(f"{file}: expected a position of three numbers, found {site}; download it again")
    return site.astype(float)


def _parameters(folder: Path) -> dict[str, np.ndarray]:
    content = load_matlab(folder / MARKER)
    variables(folder / MARKER, content, "user_grids")
    return content


def _all_grids(folder: Path) -> list[Grid]:
    return from_table(_parameters(folder)["user_grids"], folder / MARKER)


def _content(file: Path) -> list[np.ndarray]:
    """The users' structures and positions in a UE file."""
    content = load_matlab(file)
    if "channels" not in content and any(name.startswith("channels_") for name in content):
        raise UserError(
            f"{file}: dual polarisation: expected channels, found {', '.join(sorted(content))}; robustloc reads one "
            "polarisation; download the scenario without dual polarisation"
        )
    return variables(file, content, "channels", "rx_locs")


def _user_files(folder: Path, name: str) -> list[tuple[int, int, Path]]:
    """First user, end and path of each UE file, in the order of the users, which is not the order of the names."""
    found = [(int(m[1]), int(m[2]), file) for file in folder.iterdir() if (m := _pattern(name).fullmatch(file.name))]
    return sorted(found)


def _pattern(name: str) -> re.Pattern:
    return re.compile(rf"{name}_UE_(\d+)-(\d+)\.mat")


def _files_of(folder: Path, name: str, users: np.ndarray) -> list[tuple[int, int, Path]]:
    """The UE files of the given users; see `_user_files`."""
    found, everyone = _user_files(folder, name), total(_all_grids(folder))
    for _, end, file in found:
        if end > everyone:
            raise UserError(f"{file}: its name promises {end} users, but user_grids in {MARKER} has {everyone}")
    inside = [(users >= first) & (users < end) for first, end, _ in found]
    missing = users[~np.any(inside, axis=0)] if found else users
    if len(missing):
        begin = max((end for _, end, _ in found if end <= missing[0]), default=0)
        end = min((first for first, _, _ in found if first > missing[0]), default=everyone)
        raise absent(folder / f"{name}_UE_{begin}-{end}.mat", "download it, or several files with these users, again")
    return [one for one, own in zip(found, inside, strict=True) if own.any()]
