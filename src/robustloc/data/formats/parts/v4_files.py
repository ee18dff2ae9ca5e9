"""The files of a DeepMIMO v4 folder, and the transmitters and user sets in ``params.json`` that they belong to."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robustloc.base.errors import UserError
from robustloc.data.formats.parts.loading import absent, load_array, original_name

DESCRIPTION = "params.json"
PATH_QUANTITIES = ("power", "phase", "delay", "aod_az", "aod_el", "aoa_el", "inter")
SUFFIXES = (".npz", ".npy", ".mat")


@dataclass(frozen=True)
class Link:
    """The files between one transmitter (set and index) and one receiver set."""

    folder: Path
    transmitter: str
    receiver: int

    def file(self, quantity: str) -> Path:
        """Return the file of a quantity."""
        found = self._found(quantity)
        if not found:
            raise absent(self.expected(quantity))
        return found[0]

    def expected(self, quantity: str) -> Path:
        """Return the usual name of the file of a quantity."""
        return self.folder / f"{quantity}_{self.transmitter}_r{self.receiver:03}.npz"

    def has(self, *quantities: str) -> bool:
        """Return whether one of the quantities has a file."""
        return any(map(self._found, quantities))

    def _found(self, quantity: str) -> list[Path]:
        files = [self.expected(quantity).with_suffix(suffix) for suffix in SUFFIXES]
        return [file for file in files if file.is_file()]

    def load(self, quantity: str) -> np.ndarray:
        """Load a quantity in its stored type; a conversion would copy the arrays of millions of users."""
        return load_array(self.file(quantity), quantity)

    def positions(self) -> np.ndarray:
        """Load the users' positions (N, 3) [m]."""
        position = np.asarray(self.load("rx_pos"), dtype=float)
        if position.ndim != 2 or position.shape[1] != 3 or not np.isfinite(position).all():
            raise UserError(f"{self.file('rx_pos')}: expected three finite coordinates per user; download it again")
        return position


def links_of(folder: Path, name: str) -> list[Link]:
    """Return the links from a base station to the user sets; without the last sets, if the folder has no file of them.

    Rows are numbered over all sets in order, so the positions of all sets before a wanted one are needed.

    Raises:
        UserError: a file is missing, or a set has dual polarisation.
    """
    transmitter, receivers = transmitters(folder)[name], _receiver_sets(folder)
    for one in _sets(folder):
        if one["dual_pol"] and one["id"] in (_set_number(transmitter), *receivers):
            raise UserError(
                f"{folder / DESCRIPTION}: dual polarisation: dual_pol of the set {one['name']} is true; robustloc "
                "reads one polarisation; download the scenario without dual polarisation"
            )
    links = [Link(folder, transmitter, receiver) for receiver in receivers]
    while len(links) > 1 and not links[-1].has("rx_pos", *PATH_QUANTITIES):
        links.pop()
    for link in links:
        if not link.has("rx_pos"):
            raise absent(
                link.expected("rx_pos"),
                "download it; rows are numbered over all receiver sets, so it is needed to read this or a later set",
            )
    return links


def position_file(folder: Path, transmitter: str) -> Path:
    """Return the file of a transmitter's position, which may be missing. Every receiver set has a copy."""
    links = [Link(folder, transmitter, receiver) for receiver in _receiver_sets(folder)]
    with_file = [link.file("tx_pos") for link in links if link.has("tx_pos")]
    return with_file[0] if with_file else links[0].expected("tx_pos")


def described(folder: Path, key: str) -> dict:
    """Return a section of the scenario's description.

    Raises:
        UserError: the description does not have it.
    """
    try:
        return dict(json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))[key])
    except (ValueError, KeyError, TypeError) as error:
        raise _undescribed(folder, key, error) from error


def _undescribed(folder: Path, key: str, error: Exception) -> UserError:
    return UserError(f"{folder / DESCRIPTION}: expected the {key} of a DeepMIMO v4 scenario ({error!r})")


def _sets(folder: Path) -> list[dict]:
    wanted = ("id", "name", "is_tx", "is_rx")
    try:
        found = described(folder, "txrx_sets").values()
        sets = [{key: s[key] for key in wanted} | {"dual_pol": bool(s.get("dual_pol"))} for s in found]
        return sorted(sets, key=lambda s: s["id"])
    except (AttributeError, KeyError, TypeError) as error:
        raise _undescribed(folder, "txrx_sets", error) from error


def _set_number(transmitter: str) -> int:
    return int(transmitter[1:4])


def transmitters(folder: Path) -> dict[str, str]:
    """Return the part of the file names by name of the base station; those with the same name are numbered from 1.

    Any file of a base station counts, so that its other files are missed and not the base station.
    """
    receivers = "|".join(f"{number:03}" for number in _receiver_sets(folder))
    pattern = re.compile(rf"[a-z_]+_(t\d{{3}}_tx\d+)_r(?:{receivers})\.(npz|npy|mat)")
    matches = (pattern.fullmatch(original_name(file.name)) for file in folder.iterdir())
    names = {s["id"]: s["name"] for s in _sets(folder) if s["is_tx"]}
    parts = sorted({m[1] for m in matches if m})
    found = [(names[_set_number(part)], part) for part in parts if _set_number(part) in names]
    if not found:
        raise _without_transmitters(folder)
    often, seen, result = Counter(name for name, _ in found), Counter(), {}
    for name, part in found:
        seen[name] += 1
        result[f"{name}_{seen[name]}" if often[name] > 1 else name] = part
    return result


def _without_transmitters(folder: Path) -> UserError:
    scenes = sorted(inner.name for inner in folder.glob("scene_*") if inner.is_dir())
    if scenes or _number_of_scenes(folder) > 1:
        first = scenes[0] if scenes else "scene_000"
        return UserError(
            f"{folder}: a dynamic scenario, with one folder per scene; robustloc reads one scene; copy {DESCRIPTION} "
            f'into {first} and write raw: {{folder: "{folder.name}/{first}"}}'
        )
    receiver = _receiver_sets(folder)[0]
    return UserError(f"{folder}: expected tx_pos_t…_tx…_r{receiver:03}.npz files beside {DESCRIPTION}, found none")


def _number_of_scenes(folder: Path) -> int:
    try:
        return int(described(folder, "scene")["num_scenes"])
    except (UserError, KeyError, TypeError, ValueError):  # older descriptions do not have it
        return 1


def _receiver_sets(folder: Path) -> list[int]:
    """Numbers of the user sets. A set with the name of a transmitter is a base station's receiving antenna."""
    sets = _sets(folder)
    sending = {s["name"] for s in sets if s["is_tx"]}
    numbers = [s["id"] for s in sets if s["is_rx"] and s["name"] not in sending]
    if not numbers:
        raise UserError(f"{folder / DESCRIPTION}: expected a receiver set that is not a base station, found none")
    return numbers
