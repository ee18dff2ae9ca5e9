"""DeepMIMO v1 and v2 folders: MATLAB files ``<name>.params.mat``, ``<name>.Loc.mat``, ``<name>.<b>.CIR.mat``, ….

CIR, DoD and DoA files contain one flat vector: the number of users, then for each user its number (from 1), its number
of paths, and for each path its number (from 1) and three values. In CIR the values are phase [deg], time of flight [s]
and power [dBm]; in DoD (departure) and DoA (arrival) they are azimuth [deg], zenith [deg] and power [dBm]. v1 has no
DoA files, no line-of-sight tags (LoS), no positions of the base stations (TX_Loc), and in the params file no carrier.
"""

import glob
import re
from pathlib import Path

import numpy as np

from robustloc.base.errors import UserError
from robustloc.data import user_grid as user_grids
from robustloc.data.formats.parts.loading import load_matlab, number, original_name, refuse_impossible, variables
from robustloc.data.paths import NO_PATH, NOT_RECORDED, Paths, from_decibels

TITLE = "DeepMIMO v1 or v2"
MARKER = "*.params.mat"
NEEDS = "{name}.params.mat, {name}.Loc.mat, {name}.<b>.CIR.mat, {name}.<b>.DoD.mat; v2 also needs DoA, LoS and TX_Loc"
TAPS = PHASE, DELAY, POWER = ("phase", "delay", "power")
ANGLES = AZIMUTH, ZENITH, _ = ("azimuth", "zenith", "power")


def base_stations(folder: Path) -> dict[str, np.ndarray]:
    """Return the position (3,) [m] of every base station, by name; NaN in v1, whose files have no positions."""
    stem = _stem(folder)
    # any of a base station's files, so that its other files are missed and not the base station
    pattern = re.compile(rf"{re.escape(stem)}\.(\d+)\.(CIR|DoD|DoA|LoS)\.mat")
    names = [original_name(file.name) for file in folder.iterdir()]
    numbers = sorted({int(m[1]) for name in names if (m := pattern.fullmatch(name))})
    if not numbers:
        raise UserError(f"{folder}: expected {stem}.<number>.CIR.mat files beside {stem}.params.mat, found none")
    file = folder / f"{stem}.TX_Loc.mat"
    if not file.is_file() and not any(folder.glob(f"{glob.escape(stem)}.*.LoS.mat")):
        return {f"BS{number}": np.full(3, np.nan) for number in numbers}
    table = np.atleast_2d(_only(file))
    # One line per base station, in order. The first column is its number; DeepMIMO's own readers ignore it as well.
    if len(table) < numbers[-1] or table.shape[1] < 4 or not np.isfinite(table[:, 1:4]).all():
        raise UserError(
            f"{file}: expected one line (number, x, y, z, …) for each of {numbers[-1]} base stations, found an array "
            f"of shape {table.shape}; download it again"
        )
    return {f"BS{number}": table[number - 1, 1:4].astype(float) for number in numbers}


def grids(folder: Path, name: str) -> list[user_grids.Grid]:
    """Return the scenario's user grids; they are the same for all base stations."""
    file = folder / f"{_stem(folder)}.params.mat"
    return user_grids.from_table(variables(file, load_matlab(file), "user_grids")[0], file)


def carrier_hz(folder: Path) -> float:
    """Return the carrier frequency [Hz]; NaN if the file does not have it, as in v1."""
    file = folder / f"{_stem(folder)}.params.mat"
    return number(file, load_matlab(file), "carrier_freq", np.nan)


def files(folder: Path, name: str, users: np.ndarray) -> list[Path]:
    """List the files that are opened to read users of a base station, the marker first."""
    return list(_files(folder, name).values())


def read(folder: Path, name: str, users: np.ndarray, row: np.ndarray, max_paths: int) -> Paths:
    """Read the paths of the given users (ascending indices); see `folder.read`."""
    found = _files(folder, name)
    total = user_grids.total(grids(folder, name))
    sent_dbm = number(found["params"], load_matlab(found["params"]), "transmit_power", 0.0)
    count, taps = _table(found["CIR"], TAPS, users, max_paths, total)
    present = np.arange(taps[POWER].shape[1]) < count[:, None]
    angles = {end: _angles(found[end], users, max_paths, total, count) for end in ("DoD", "DoA") if end in found}
    return Paths(
        user=users,
        row=row,
        position=_positions(found["Loc"], users, total),
        line_of_sight=_sight(found.get("LoS"), users, count),
        count=count,
        gain=np.where(present, from_decibels(taps[POWER] - sent_dbm, taps[PHASE]), 0.0),
        delay=taps[DELAY],
        zenith=np.deg2rad(angles["DoD"][ZENITH]),
        azimuth=np.deg2rad(angles["DoD"][AZIMUTH]),
        # v1 has no arrival angles. If all surfaces are horizontal or vertical, a path arrives at its zenith angle of
        # departure or at the same angle below the horizon, and a dipole has the same gain at both.
        arrival_zenith=np.deg2rad(angles.get("DoA", angles["DoD"])[ZENITH]),
    )


def _stem(folder: Path) -> str:
    """The scenario's name in the file names. BSBS files are skipped: they are links between base stations."""
    names = sorted(file.name.removesuffix(".params.mat") for file in folder.glob(MARKER))
    names = [name for name in names if not name.endswith(".BSBS") and not name.startswith(".")]
    if len(names) != 1:
        raise UserError(f"{folder}: expected the files of one scenario, found files of {', '.join(names) or 'none'}")
    return names[0]


def _files(folder: Path, name: str) -> dict[str, Path]:
    """The files of a base station by their content, the marker first; v2 files are required if one of them exists."""
    stem = _stem(folder)
    own = f"{stem}.{name.removeprefix('BS')}"
    needed = {
        "params": f"{stem}.params.mat",
        "Loc": f"{stem}.Loc.mat",
        "CIR": f"{own}.CIR.mat",
        "DoD": f"{own}.DoD.mat",
    }
    newer = {"TX_Loc": f"{stem}.TX_Loc.mat", "DoA": f"{own}.DoA.mat", "LoS": f"{own}.LoS.mat"}
    if any((folder / file).is_file() for file in newer.values()):
        needed |= newer
    return {kind: folder / file for kind, file in needed.items()}


def _only(file: Path) -> np.ndarray:
    """The first variable of a file. Its name differs between scenarios."""
    array = next(iter(load_matlab(file).values()), None)
    if array is None or array.dtype.kind not in "iuf":
        raise UserError(
            f"{file}: expected a row of numbers, found {getattr(array, 'dtype', 'nothing')}; download it again"
        )
    return array


def _positions(file: Path, users: np.ndarray, total: int) -> np.ndarray:
    table = np.atleast_2d(_only(file))
    if table.shape[1] < 4 or len(table) != total:
        raise UserError(
            f"{file}: expected one line (number, x, y, z, …) for each of the {total} users of user_grids, found an "
            f"array of shape {table.shape}; download it again"
        )
    positions = table[users, 1:4].astype(float)
    if not np.isfinite(positions).all():
        raise UserError(f"{file}: expected finite user positions; download it again")
    return positions


def _sight(file: Path | None, users: np.ndarray, count: np.ndarray) -> np.ndarray:
    if file is None:
        return np.where(count == 0, NO_PATH, NOT_RECORDED)
    # The file has the number of users, then one tag per user with the same numbers as the flags in `paths`.
    tags = np.ravel(_only(file))[1:]
    if len(tags) <= users[-1] or not np.isin(tags, (-1, 0, 1)).all() or ((tags[users] == -1) != (count == 0)).any():
        raise UserError(
            f"{file}: expected the number of users and one tag per user: -1 for users without a path in the CIR file, "
            "1 or 0 for all others; the file may belong to another base station, or download it again"
        )
    return tags[users].astype(int)


def _angles(file: Path, users: np.ndarray, max_paths: int, total: int, count: np.ndarray) -> dict[str, np.ndarray]:
    """Azimuth and zenith [deg] of each path, by quantity."""
    own, table = _table(file, ANGLES, users, max_paths, total)
    if (own != count).any():
        user = users[(own != count).argmax()]
        raise UserError(
            f"{file}: user {user} has a different number of paths in the CIR file; download both files again"
        )
    return table


def _table(
    file: Path, quantities: tuple[str, ...], users: np.ndarray, max_paths: int, total: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Read a flat vector.

    Returns:
        Path counts (N,), at most `max_paths`, and the values (N, P) of each quantity, zero behind the last path.
    """
    flat = np.ravel(_only(file))
    if len(flat) == 0 or flat[0] != total:
        held = f"{flat[0]:g}" if len(flat) else "no"
        raise UserError(f"{file}: expected the {total} users of user_grids, found {held} users; download it again")
    starts, counts = _walk(file, flat, int(users[-1]) + 1)
    count = np.minimum(counts[users], max_paths)
    order = np.arange(max(1, count.max()))
    present = order < count[:, None]
    first = np.where(present, starts[users][:, None] + 4 * order, 0)
    if (present & (flat[first] != order + 1)).any():
        raise UserError(f"{file}: expected every user's paths to be numbered from 1; this is not a {TITLE} file")
    table = {}
    for place, quantity in enumerate(quantities, start=1):
        table[quantity] = np.where(present, flat[np.where(present, first + place, 0)], 0.0)
        refuse_impossible(file, quantity, users, table[quantity])
    return count, table


def _walk(file: Path, flat: np.ndarray, users: int) -> tuple[np.ndarray, np.ndarray]:
    """For each of the first users: the index where the paths start, and the number of paths.

    A loop, because the place of each user depends on the path counts of all users before.
    """
    starts, counts = np.empty(users, int), np.empty(users, int)
    place, before = 1, 0.0
    for user in range(users):
        head = flat[place : place + 2]
        # Users are numbered consecutively. In some scenarios the numbers start from 1 again in each grid.
        if len(head) < 2 or head[0] not in (1, before + 1) or not head[1] >= 0 or head[1] % 1:
            raise UserError(
                f"{file}: expected the number and the count of paths of user {user}, found "
                f"{head.tolist() or 'the end'}; download the file again"
            )
        before = head[0]
        starts[user], counts[user] = place + 2, head[1]
        place = starts[user] + 4 * counts[user]
        if place > len(flat):
            raise UserError(f"{file}: ends within the paths of user {user}; truncated, download it again")
    return starts, counts
