"""DeepMIMO v4 folders: ``params.json`` and one array file per quantity, ``<quantity>_t<set>_tx<index>_r<set>.npz``.

Arrays are float32 of shape (users, paths), padded with NaN: power [dBm for a 0 dBm transmitter], phase and angles
[deg], delay [s], interactions as decimal digits (0 is line of sight). ``*_el`` is the zenith angle, despite its name.
"""

import json
import zipfile
import zlib
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from robustloc.errors import UserError
from robustloc.scenario.paths import LINE_OF_SIGHT, NO_LINE_OF_SIGHT, NO_PATH, Paths, from_decibels
from robustloc.scenario.users import Grid

GENERATION = "v4"
MARKER = "params.json"
PATH_QUANTITIES = ("power", "phase", "delay", "aod_az", "aod_el", "aoa_el", "inter")
LIMITS = {"delay": (0.0, np.inf), "aod_el": (0.0, 180.0), "aoa_el": (0.0, 180.0)}
SUFFIXES = (".npz", ".npy", ".mat")


def base_stations(folder: Path) -> dict[str, np.ndarray]:
    """Return the position [m] of every transmitter set that reaches the users, by name."""
    receivers = _receiver_sets(folder)
    sites = {}
    for name, number in _transmitter_sets(folder).items():
        file = _find(folder, "tx_pos", number, receivers[0])
        if file is not None:
            sites[name] = _array(file, "tx_pos").reshape(-1)[:3]
    if not sites:
        raise UserError(f"{folder}: expected tx_pos_t…_tx000_r{receivers[0]:03}.npz files beside {MARKER}, found none")
    return sites


def grids(folder: Path, name: str) -> list[Grid]:
    """Return the scenario's user grids, one per receiver set; a row is a run of users along one straight line."""
    found, row = [], 1
    for receiver in _receiver_sets(folder):
        position = _quantity(folder, "rx_pos", name, receiver)
        columns = _columns(position)
        if len(position) % columns:
            raise UserError(
                f"{folder}: receiver set {receiver} is no regular grid: {len(position)} users, rows of {columns}"
            )
        rows = len(position) // columns
        found.append(Grid(row, row + rows - 1, columns))
        row += rows
    return found


def files(folder: Path, name: str) -> list[Path]:
    """List the files that hold a base station's paths."""
    wanted = (*PATH_QUANTITIES, "rx_pos", "tx_pos")
    return [folder / MARKER] + [_file(folder, q, name, receiver) for receiver in _receiver_sets(folder) for q in wanted]


def read(folder: Path, name: str, users: np.ndarray, row: np.ndarray, max_paths: int) -> Paths:
    """Read the paths of the given users (ascending indices); see `folder.read`."""
    parts, offset = [], 0
    for receiver in _receiver_sets(folder):
        position = _quantity(folder, "rx_pos", name, receiver)
        inside = (users >= offset) & (users < offset + len(position))
        wanted = users[inside] - offset
        offset += len(position)
        if len(wanted) == 0:
            continue
        arrays = {q: _quantity(folder, q, name, receiver) for q in PATH_QUANTITIES}
        for quantity, array in arrays.items():
            if len(array) != len(position):
                file = _file(folder, quantity, name, receiver)
                raise UserError(
                    f"{file}: expected {len(position)} users as in rx_pos, found {len(array)}; download it again"
                )
        arrays = {q: array[wanted, :max_paths] for q, array in arrays.items()}
        count = _counts(arrays, wanted, lambda q, r=receiver: _file(folder, q, name, r))
        parts.append((arrays, count, position[wanted]))
    width = max(arrays["power"].shape[1] for arrays, _, _ in parts)
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


def _counts(arrays: dict[str, np.ndarray], users: np.ndarray, file_of) -> np.ndarray:
    """Count the paths of each user; NaN may stand only behind the last path, in all quantities alike."""
    missing = np.stack([np.isnan(array) for array in arrays.values()])
    count = (~missing).any(axis=0).sum(axis=1)
    padding = np.arange(missing.shape[2]) >= count[:, None]
    for quantity, absent, array in zip(arrays, missing, arrays.values(), strict=True):
        low, high = LIMITS.get(quantity, (-np.inf, np.inf))
        bad = (absent != padding) | np.isinf(array) | (array < low) | (array > high)
        if bad.any():
            user, path = np.argwhere(bad)[0]
            raise UserError(
                f"{file_of(quantity)}: user {users[user]}, path {path}: expected a number from {low:g} to {high:g} "
                f"(NaN only behind the user's last path), found {array[user, path]}; download the file again"
            )
    return count


def _pad(array: np.ndarray, width: int) -> np.ndarray:
    return np.pad(array, ((0, 0), (0, width - array.shape[1])), constant_values=np.nan)


def _columns(position: np.ndarray) -> int:
    """Users per row: how many lie on one straight line before the first turn."""
    if len(position) < 3:
        return len(position)
    steps = np.diff(position, axis=0)
    turns = np.flatnonzero(np.abs(steps - steps[0]).max(axis=1) > 0.5 * np.abs(steps[0]).max())
    return int(turns[0]) + 1 if len(turns) else len(position)


def _sets(folder: Path) -> list[dict]:
    try:
        sets = json.loads((folder / MARKER).read_text(encoding="utf-8"))["txrx_sets"]
        return sorted(sets.values(), key=lambda s: s["id"])
    except (ValueError, KeyError, AttributeError) as error:
        raise UserError(f"{folder / MARKER}: expected the txrx_sets of a DeepMIMO v4 scenario ({error!r})") from error


def _transmitter_sets(folder: Path) -> dict[str, int]:
    return {s["name"]: s["id"] for s in _sets(folder) if s["is_tx"]}


def _receiver_sets(folder: Path) -> list[int]:
    numbers = [s["id"] for s in _sets(folder) if s["is_rx"] and not s["is_tx"]]
    if not numbers:
        raise UserError(f"{folder / MARKER}: expected a receiver set (is_rx and not is_tx), found none")
    return numbers


def _find(folder: Path, quantity: str, transmitter: int, receiver: int) -> Path | None:
    stem = f"{quantity}_t{transmitter:03}_tx000_r{receiver:03}"
    return next((folder / f"{stem}{suffix}" for suffix in SUFFIXES if (folder / f"{stem}{suffix}").is_file()), None)


def _file(folder: Path, quantity: str, name: str, receiver: int) -> Path:
    transmitter = _transmitter_sets(folder)[name]
    file = _find(folder, quantity, transmitter, receiver)
    if file is None:
        raise UserError(
            f"{folder}: expected {quantity}_t{transmitter:03}_tx000_r{receiver:03}.npz for base station {name}, found "
            "no such file; download the scenario again"
        )
    return file


def _quantity(folder: Path, quantity: str, name: str, receiver: int) -> np.ndarray:
    array = _array(_file(folder, quantity, name, receiver), quantity)
    if quantity == "rx_pos" and not np.isfinite(array).all():
        raise UserError(f"{_file(folder, quantity, name, receiver)}: expected finite positions; download it again")
    return array.astype(float)


def _array(file: Path, quantity: str) -> np.ndarray:
    try:
        if file.suffix == ".npy":
            return np.load(file)
        content = loadmat(file) if file.suffix == ".mat" else np.load(file)
        return content[quantity]
    except KeyError as error:
        raise UserError(f"{file}: expected an array named {quantity}, found none") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{file}: not a readable array file ({error}); truncated? Download it again") from error
