"""DeepMIMO v3 folders: MATLAB files ``params.mat``, ``BS<b>_BS.mat`` and ``BS<b>_UE_<first>-<end>.mat``.

A UE file holds users first … end - 1 (from 0) in ``channels``, a row of structures with one field ``p`` each: rows
phase [deg], time of flight [s], power [dBm], arrival azimuth and zenith, departure azimuth and zenith [deg],
line-of-sight flag; one column per path.
"""

import re
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from robustloc.errors import UserError
from robustloc.scenario.paths import LINE_OF_SIGHT, NO_LINE_OF_SIGHT, NO_PATH, Paths, from_decibels
from robustloc.scenario.users import Grid

GENERATION = "v3"
MARKER = "params.mat"
PHASE, DELAY, POWER, _, ARRIVAL_ZENITH, AZIMUTH, ZENITH, LOS = range(8)


def base_stations(folder: Path) -> dict[str, np.ndarray]:
    """Return the position [m] of every base station, by name."""
    names = sorted({f"BS{number}" for number in _numbers(folder)}, key=lambda name: int(name[2:]))
    if not names:
        raise UserError(f"{folder}: expected BS<number>_UE_<first>-<end>.mat files beside {MARKER}, found none")
    return {name: _site(folder, name) for name in names}


def grids(folder: Path, name: str) -> list[Grid]:
    """Return the scenario's user grids."""
    table = np.atleast_2d(_load(folder / MARKER, "user_grids"))
    if table.shape[1] < 3:
        raise UserError(
            f"{folder / MARKER}: user_grids should have first row, last row and users per row, found {table}"
        )
    return [Grid(*(int(value) for value in line[:3])) for line in table]


def files(folder: Path, name: str) -> list[Path]:
    """List the files that hold a base station's paths, in the order of their users."""
    return [folder / MARKER, folder / f"{name}_BS.mat", *(file for _, _, file in _user_files(folder, name))]


def read(folder: Path, name: str, users: np.ndarray, row: np.ndarray, max_paths: int) -> Paths:
    """Read the paths of the given users (ascending indices); see `folder.read`."""
    matrices, positions = [], []
    for first, end, file in _user_files(folder, name):
        wanted = users[(users >= first) & (users < end)] - first
        if len(wanted) == 0:
            continue
        channels, locations = _load(file, "channels", "rx_locs")
        if channels.size != end - first or len(locations) != end - first:
            raise UserError(
                f"{file}: its name promises {end - first} users, it holds {channels.size}; download it again"
            )
        matrices += [_matrix(file, channels.flat[index], first + index) for index in wanted]
        positions.append(locations[wanted, :3])
    if len(matrices) != len(users):
        raise UserError(
            f"{folder}: users.rows asks for users up to index {users[-1]}, the {name}_UE files hold {len(matrices)} of "
            f"the {len(users)} wanted; a file is missing, or users.rows is too large"
        )
    return _paths([matrix[:, :max_paths] for matrix in matrices], users, row, np.concatenate(positions))


def _paths(matrices: list[np.ndarray], users: np.ndarray, row: np.ndarray, position: np.ndarray) -> Paths:
    count = np.array([matrix.shape[1] for matrix in matrices])
    table = np.zeros((8, len(users), max(1, count.max())))
    table[POWER] = -np.inf
    present = np.arange(table.shape[2]) < count[:, None]
    table[:, present] = np.concatenate(matrices, axis=1)[:8]
    sight = np.where(table[LOS, :, 0] == 1, LINE_OF_SIGHT, NO_LINE_OF_SIGHT)
    angles = np.deg2rad(table)
    return Paths(
        user=users,
        row=row,
        position=position.astype(float),
        line_of_sight=np.where(count == 0, NO_PATH, sight),
        count=count,
        gain=from_decibels(table[POWER], table[PHASE]),
        delay=table[DELAY],
        zenith=angles[ZENITH],
        azimuth=angles[AZIMUTH],
        arrival_zenith=angles[ARRIVAL_ZENITH],
    )


def _matrix(file: Path, cell: np.ndarray, user: int) -> np.ndarray:
    try:
        matrix = np.asarray(cell["p"].item(), dtype=float)
    except (IndexError, KeyError, ValueError) as error:
        raise UserError(f"{file}: user {user} has no field 'p'; not a DeepMIMO v3 file") from error
    if matrix.size == 0:
        return np.zeros((8, 0))
    if matrix.ndim != 2 or matrix.shape[0] < 8:
        raise UserError(f"{file}: user {user}: expected 8 rows per path, found an array of shape {matrix.shape}")
    zeniths = matrix[[ARRIVAL_ZENITH, ZENITH]]
    if not np.isfinite(matrix[:8]).all() or (matrix[DELAY] < 0).any() or (zeniths < 0).any() or (zeniths > 180).any():
        raise UserError(
            f"{file}: user {user}: expected finite values, delays >= 0 and zenith angles from 0 to 180 degrees, found "
            f"{matrix[:8].tolist()}; download the file again"
        )
    return matrix[:8]


def _site(folder: Path, name: str) -> np.ndarray:
    file = folder / f"{name}_BS.mat"
    content = _load(file)
    if "tx_loc" in content:
        return np.asarray(content["tx_loc"], dtype=float).reshape(3)
    if "rx_locs" in content:  # older files: the base stations' own positions, in order
        return np.asarray(content["rx_locs"], dtype=float)[int(name[2:]) - 1, :3]
    raise UserError(f"{file}: expected tx_loc or rx_locs, found {', '.join(sorted(content)) or 'nothing'}")


def _numbers(folder: Path) -> set[int]:
    return {int(match[1]) for file in folder.iterdir() if (match := re.fullmatch(r"BS(\d+)_UE_.*\.mat", file.name))}


def _user_files(folder: Path, name: str) -> list[tuple[int, int, Path]]:
    """First user, end and file of each UE file, in the order of the users (not of the file names)."""
    pattern = re.compile(rf"{name}_UE_(\d+)-(\d+)\.mat")
    found = [(int(m[1]), int(m[2]), file) for file in folder.iterdir() if (m := pattern.fullmatch(file.name))]
    return sorted(found)


def _load(file: Path, *variables: str):
    """Load a MATLAB file: all its variables as a dictionary, or the named ones."""
    if not file.is_file():
        raise UserError(f"{file}: missing; a DeepMIMO v3 scenario needs it, download the scenario again")
    try:
        content = {key: value for key, value in loadmat(file).items() if not key.startswith("__")}
    except NotImplementedError as error:
        raise UserError(
            f"{file}: saved as MATLAB 7.3; load it in MATLAB and save it again with the option '-v7'"
        ) from error
    except Exception as error:  # scipy raises many kinds on damaged files
        raise UserError(f"{file}: not a readable MATLAB file ({error}); truncated? Download it again") from error
    missing = [variable for variable in variables if variable not in content]
    if missing:
        raise UserError(f"{file}: expected {', '.join(missing)}, found {', '.join(sorted(content)) or 'nothing'}")
    if not variables:
        return content
    return content[variables[0]] if len(variables) == 1 else [content[variable] for variable in variables]
