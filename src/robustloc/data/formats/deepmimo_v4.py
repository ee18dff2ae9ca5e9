"""DeepMIMO v4 folders: ``params.json`` and one array file per quantity, ``<quantity>_t<set>_tx<index>_r<set>.npz``.

Arrays of path quantities have the shape (users, paths) and are padded with NaN: power [dBm] for a transmitter of 0 dBm,
phase and angles [deg], delay [s], interactions as decimal digits (0 is line of sight). ``*_el`` is the zenith angle,
although its name says elevation. A transmitter's name is the one in ``params.json``.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robustloc.base.errors import UserError
from robustloc.data.formats.parts.loading import load_array, refuse_impossible
from robustloc.data.paths import LINE_OF_SIGHT, NO_LINE_OF_SIGHT, NO_PATH, Paths, from_decibels
from robustloc.data.user_grid import Grid

TITLE = "DeepMIMO v4"
MARKER = "params.json"
NEEDS = "params.json, {power,phase,delay,aod_az,aod_el,aoa_el,inter,rx_pos,tx_pos}_t<set>_tx<index>_r<set>.npz"
PATH_QUANTITIES = ("power", "phase", "delay", "aod_az", "aod_el", "aoa_el", "inter")
LIMITED = {"aod_el": "zenith", "aoa_el": "zenith"}
SUFFIXES = (".npz", ".npy", ".mat")


@dataclass(frozen=True)
class Link:
    """The files between one transmitter (set and index) and one receiver set."""

    folder: Path
    transmitter: str
    receiver: int

    def file(self, quantity: str) -> Path:
        """Return the file of a quantity."""
        stem = f"{quantity}_{self.transmitter}_r{self.receiver:03}"
        found = [self.folder / f"{stem}{suffix}" for suffix in SUFFIXES if (self.folder / f"{stem}{suffix}").is_file()]
        if not found:
            raise UserError(f"{self.folder}: expected {stem}.npz, found no such file; download the scenario again")
        return found[0]

    def load(self, quantity: str) -> np.ndarray:
        """Load a quantity in its stored type; a conversion would copy the arrays of millions of users."""
        return load_array(self.file(quantity), quantity)

    def positions(self) -> np.ndarray:
        """Load the users' positions (N, 3) [m]."""
        position = np.asarray(self.load("rx_pos"), dtype=float)
        if position.ndim != 2 or position.shape[1] != 3 or not np.isfinite(position).all():
            raise UserError(f"{self.file('rx_pos')}: expected three finite coordinates per user; download it again")
        return position


def base_stations(folder: Path) -> dict[str, np.ndarray]:
    """Return the position (3,) [m] of every transmitter with files for the users, by name."""
    receiver = _receiver_sets(folder)[0]
    sites = {}
    for name, transmitter in _transmitters(folder).items():
        link = Link(folder, transmitter, receiver)
        site = np.asarray(link.load("tx_pos"), dtype=float).reshape(-1)[:3]
        if site.shape != (3,) or not np.isfinite(site).all():
            raise UserError(f"{link.file('tx_pos')}: expected a position of three numbers, found {site}")
        sites[name] = site
    return sites


def grids(folder: Path, name: str) -> list[Grid]:
    """Return the scenario's user grids, one per receiver set; a row is a series of users on a straight line."""
    found, row = [], 1
    for link in _links(folder, name):
        position = link.positions()
        columns = _columns(position)
        rows = len(position) // columns
        found.append(Grid(row, row + rows - 1, columns))
        row += rows
    return found


def carrier_hz(folder: Path) -> float:
    """Return the carrier frequency [Hz]."""
    return float(_described(folder, "rt_params").get("frequency", np.nan))


def files(folder: Path, name: str) -> list[Path]:
    """List the files that are opened to read a base station, the marker first."""
    receiver = _receiver_sets(folder)[0]
    sites = [Link(folder, transmitter, receiver).file("tx_pos") for transmitter in _transmitters(folder).values()]
    return [
        folder / MARKER,
        *sites,
        *(link.file(q) for link in _links(folder, name) for q in (*PATH_QUANTITIES, "rx_pos")),
    ]


def read(folder: Path, name: str, users: np.ndarray, row: np.ndarray, max_paths: int) -> Paths:
    """Read the paths of the given users (ascending indices); see `folder.read`."""
    parts, offset = [], 0
    for link in _links(folder, name):
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


def _links(folder: Path, name: str) -> list[Link]:
    transmitter = _transmitters(folder)[name]
    return [Link(folder, transmitter, receiver) for receiver in _receiver_sets(folder)]


def _described(folder: Path, key: str) -> dict:
    try:
        return dict(json.loads((folder / MARKER).read_text(encoding="utf-8"))[key])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder / MARKER}: expected the {key} of a DeepMIMO v4 scenario ({error!r})") from error


def _sets(folder: Path) -> list[dict]:
    wanted = ("id", "name", "is_tx", "is_rx")
    try:
        sets = [{key: s[key] for key in wanted} for s in _described(folder, "txrx_sets").values()]
        return sorted(sets, key=lambda s: s["id"])
    except (KeyError, TypeError) as error:
        raise UserError(f"{folder / MARKER}: expected the txrx_sets of a DeepMIMO v4 scenario ({error!r})") from error


def _transmitters(folder: Path) -> dict[str, str]:
    """Part of the file names by name of the base station; base stations with the same name are numbered from 1."""
    receiver = _receiver_sets(folder)[0]
    pattern = re.compile(rf"tx_pos_(t(\d+)_tx\d+)_r{receiver:03}\..*")
    found = sorted({(int(m[2]), m[1]) for file in folder.iterdir() if (m := pattern.fullmatch(file.name))})
    names = {s["id"]: s["name"] for s in _sets(folder) if s["is_tx"]}
    found = [(names[number], part) for number, part in found if number in names]
    if not found:
        raise UserError(f"{folder}: expected tx_pos_t…_tx…_r{receiver:03}.npz files beside {MARKER}, found none")
    often, seen, result = Counter(name for name, _ in found), Counter(), {}
    for name, part in found:
        seen[name] += 1
        result[f"{name}_{seen[name]}" if often[name] > 1 else name] = part
    return result


def _receiver_sets(folder: Path) -> list[int]:
    """Numbers of the user sets. A set with the name of a transmitter is a base station's receiving antenna."""
    sets = _sets(folder)
    sending = {s["name"] for s in sets if s["is_tx"]}
    numbers = [s["id"] for s in sets if s["is_rx"] and s["name"] not in sending]
    if not numbers:
        raise UserError(f"{folder / MARKER}: expected a receiver set that is not a base station, found none")
    return numbers
