"""DeepMIMO v1 and v2 folders: MATLAB files ``<name>.params.mat``, ``<name>.Loc.mat``, ``<name>.<b>.CIR.mat``, ….

Paths are in flat row vectors: the number of users; then of each user its number (from 1), how many paths it has, and
per path its number (from 1) and three values. These are phase [deg], time of flight [s] and power [dBm] in CIR;
azimuth, zenith [deg] and power in DoD (departure) and DoA (arrival). v1 has no DoA, no line-of-sight tags (LoS) and no
positions of the base stations (TX_Loc).
"""

import re
from pathlib import Path

import numpy as np

from robustloc.errors import UserError
from robustloc.scenario import users as user_grids
from robustloc.scenario.files import load_matlab, variables
from robustloc.scenario.paths import NO_PATH, NOT_RECORDED, Paths, from_decibels

GENERATION = "v1 or v2"
MARKER = "*.params.mat"
NEEDS = "{name}.params.mat, {name}.Loc.mat, {name}.<b>.CIR.mat, {name}.<b>.DoD.mat; of v2 also DoA, LoS and TX_Loc"
PHASE, DELAY, POWER = range(3)
AZIMUTH, ZENITH = range(2)


def base_stations(folder: Path) -> dict[str, np.ndarray]:
    """Return the position [m] of every base station, by name; not a number where the folder does not tell (v1)."""
    stem = _stem(folder)
    pattern = re.compile(rf"{re.escape(stem)}\.(\d+)\.CIR\.mat")
    numbers = sorted(int(m[1]) for file in folder.iterdir() if (m := pattern.fullmatch(file.name)))
    if not numbers:
        raise UserError(f"{folder}: expected {stem}.<number>.CIR.mat files beside {stem}.params.mat, found none")
    file = folder / f"{stem}.TX_Loc.mat"
    if not file.is_file():
        return {f"BS{number}": np.full(3, np.nan) for number in numbers}
    table = np.atleast_2d(_only(file))
    sites = {int(line[0]): line[1:4] for line in table if np.isfinite(line[:4]).all()}
    if missing := [number for number in numbers if number not in sites]:
        raise UserError(f"{file}: expected a line (number, x, y, z) of every base station, found none of {missing}")
    return {f"BS{number}": sites[number].astype(float) for number in numbers}


def grids(folder: Path, name: str) -> list[user_grids.Grid]:
    """Return the scenario's user grids."""
    file = folder / f"{_stem(folder)}.params.mat"
    return user_grids.from_table(variables(file, load_matlab(file), "user_grids")[0], file)


def carrier_hz(folder: Path) -> float:
    """Return the carrier frequency."""
    file = folder / f"{_stem(folder)}.params.mat"
    return float(np.ravel(variables(file, load_matlab(file), "carrier_freq")[0])[0])


def files(folder: Path, name: str) -> list[Path]:
    """List the files that are opened to read a base station, the marker first."""
    stem, number = _stem(folder), name.removeprefix("BS")
    needed = [f"{stem}.params.mat", f"{stem}.Loc.mat", f"{stem}.{number}.CIR.mat", f"{stem}.{number}.DoD.mat"]
    extra = [f"{stem}.TX_Loc.mat", f"{stem}.{number}.DoA.mat", f"{stem}.{number}.LoS.mat"]
    return [folder / file for file in needed] + [folder / file for file in extra if (folder / file).is_file()]


def read(folder: Path, name: str, users: np.ndarray, row: np.ndarray, max_paths: int) -> Paths:
    """Read the paths of the given users (ascending indices); see `folder.read`."""
    stem, number = _stem(folder), name.removeprefix("BS")
    position = _positions(folder / f"{stem}.Loc.mat", users)
    parameters = load_matlab(folder / f"{stem}.params.mat")
    sent_dbm = float(np.ravel(parameters.get("transmit_power", 0.0))[0])
    response = folder / f"{stem}.{number}.CIR.mat"
    count, taps = _table(response, users, max_paths)
    present = np.arange(taps.shape[1]) < count[:, None]
    _check(response, users, taps, taps[..., DELAY] < 0)
    arrival = folder / f"{stem}.{number}.DoA.mat"
    departure = _angles(folder / f"{stem}.{number}.DoD.mat", users, max_paths, count)
    return Paths(
        user=users,
        row=row,
        position=position,
        line_of_sight=np.where(count == 0, NO_PATH, _sight(folder / f"{stem}.{number}.LoS.mat", users)),
        count=count,
        gain=np.where(present, from_decibels(taps[..., POWER] - sent_dbm, taps[..., PHASE]), 0.0),
        delay=taps[..., DELAY],
        zenith=departure[..., ZENITH],
        azimuth=departure[..., AZIMUTH],
        # Between horizontal and vertical surfaces a path arrives at the zenith angle of its departure, or at the same
        # angle below the horizon, which a dipole does not tell apart.
        arrival_zenith=(_angles(arrival, users, max_paths, count) if arrival.is_file() else departure)[..., ZENITH],
    )


def _stem(folder: Path) -> str:
    """The scenario's name in the file names; those of links between base stations are not users' paths."""
    names = sorted(file.name.removesuffix(".params.mat") for file in folder.glob(MARKER))
    names = [name for name in names if not name.endswith(".BSBS")]
    if len(names) != 1:
        raise UserError(f"{folder}: expected one scenario, found files of {', '.join(names) or 'none'}")
    return names[0]


def _only(file: Path) -> np.ndarray:
    """The first variable of a file, whatever its name; that varied."""
    array = next(iter(load_matlab(file).values()), None)
    if array is None or array.dtype.kind not in "iuf":
        raise UserError(
            f"{file}: expected a row of numbers, found {getattr(array, 'dtype', 'nothing')}; download it again"
        )
    return array


def _positions(file: Path, users: np.ndarray) -> np.ndarray:
    table = np.atleast_2d(_only(file))
    if table.shape[1] < 4 or len(table) <= users[-1]:
        raise UserError(
            f"{file}: expected a line (number, x, y, z, …) of each of at least {users[-1] + 1} users, found an array "
            f"of shape {table.shape}; the file is cut, or users.rows is too large"
        )
    positions = table[users, 1:4].astype(float)
    if not np.isfinite(positions).all():
        raise UserError(f"{file}: expected finite user positions; download it again")
    return positions


def _sight(file: Path, users: np.ndarray) -> np.ndarray:
    if not file.is_file():
        return np.full(len(users), NOT_RECORDED)
    tags = np.ravel(_only(file))
    if len(tags) < 2 or tags[0] != len(tags) - 1 or not np.isin(tags[1:], (-1, 0, 1)).all() or users[-1] >= tags[0]:
        raise UserError(f"{file}: expected the number of users and a tag 1, 0 or -1 of each; download it again")
    return tags[1 + users].astype(int)


def _angles(file: Path, users: np.ndarray, max_paths: int, count: np.ndarray) -> np.ndarray:
    """Azimuth and zenith [rad] of every path."""
    own, table = _table(file, users, max_paths)
    if (own != count).any():
        user = users[(own != count).argmax()]
        raise UserError(f"{file}: user {user} has another number of paths than in the CIR file; download both again")
    _check(file, users, table, (table[..., ZENITH] < 0) | (table[..., ZENITH] > 180))
    return np.deg2rad(table[..., :2])


def _check(file: Path, users: np.ndarray, table: np.ndarray, impossible: np.ndarray) -> None:
    wrong = ~np.isfinite(table).all(axis=2) | impossible
    if wrong.any():
        user, path = np.argwhere(wrong)[0]
        raise UserError(
            f"{file}: user {users[user]}, path {path}: expected finite values, delays >= 0 and zenith angles from 0 to "
            f"180 degrees, found {table[user, path].tolist()}; download the file again"
        )


def _table(file: Path, users: np.ndarray, max_paths: int) -> tuple[np.ndarray, np.ndarray]:
    """Walk a flat vector: path counts (N,), at most `max_paths`, and the paths' values (N, P, 3), zero behind them."""
    flat = np.ravel(_only(file))
    if len(flat) == 0 or flat[0] <= users[-1]:
        total = int(flat[0]) if len(flat) else 0
        raise UserError(f"{file}: holds {total} users, users.rows asks for up to {users[-1] + 1}")
    starts, counts = _walk(file, flat, int(users[-1]) + 1)
    count = np.minimum(counts[users], max_paths)
    order = np.arange(max(1, count.max()))
    present = order < count[:, None]
    first = np.where(present, starts[users][:, None] + 4 * order, 0)
    if (present & (flat[first] != order + 1)).any():
        raise UserError(
            f"{file}: expected the paths of every user to be numbered from 1; not a DeepMIMO {GENERATION} file"
        )
    table = np.stack([np.where(present, flat[first + 1 + value], 0.0) for value in range(3)], axis=-1)
    return count, table


def _walk(file: Path, flat: np.ndarray, users: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the paths of each of the first users start, and how many there are."""
    starts, counts = np.empty(users, int), np.empty(users, int)
    place = 1
    for user in range(users):
        head = flat[place : place + 2]
        if len(head) < 2 or not head[1] >= 0 or head[1] % 1:
            raise UserError(
                f"{file}: expected a number and a count of paths of user {user}, found {head.tolist() or 'the end'}; "
                "download the file again"
            )
        starts[user], counts[user] = place + 2, head[1]
        place = starts[user] + 4 * counts[user]
        if place > len(flat):
            raise UserError(f"{file}: ends among the paths of user {user}; truncated, download it again")
    return starts, counts
