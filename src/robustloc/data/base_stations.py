"""Find a base station by its name or its position. The number in a file name differs between formats."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from robustloc.base.errors import UserError

# Files store positions in single precision, and people type three decimals.
TOLERANCE_M = 0.1
# DeepMIMO v1 to v3 number base stations as BS3; converted v4 scenarios call the same one TX_3.
NUMBERED = re.compile(r"(?:bs|tx)[_ -]?0*(\d+)", re.IGNORECASE)


class Sites(Mapping):
    """Positions (3,) [m] of base stations by name, each read when it is asked for.

    So a damaged file hides its own base station only.
    """

    def __init__(self, names: Iterable[str], read: Callable[[str], np.ndarray]):
        self._names, self._read = dict.fromkeys(names), read

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._names:
            raise KeyError(name)
        return self._read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def find(sites: Mapping[str, Sequence[float]], wanted: str | Sequence[float], where: object) -> str:
    """Return the name of the base station with this name or at this position [m].

    Args:
        sites: position (3,) [m] of each base station, by name; NaN where it is unknown.
        wanted: a name, or a position (3,) [m] within 0.1 m of the base station. ``BS3`` also finds ``TX_3``, and the
            other way round, if only one base station has this number.
        where: folder or scene of the base stations, for the message.

    Raises:
        UserError: no base station fits; the message lists all of them. Or the position of the one that fits cannot be
            read.
    """
    found = _named(list(sites), wanted) if isinstance(wanted, str) else _nearest(sites, wanted)
    if found is not None:
        sites[found]  # the base station's own position must be readable, even if it is found by name
        return found
    listed = "; ".join(f"{name} at {written(sites[name])}" for name in sorted(sites, key=by_number))
    raise UserError(
        f"base_station: expected a base station of {where}, found {wanted!r}; write one of these names or positions: "
        f"{listed}"
    )


def by_number(name: str) -> tuple[int, str]:
    """Return a key that sorts names by their numbers: BS2 before BS10."""
    return len(name), name


def written(site: Sequence[float]) -> str:
    """Return a position [m] as text with three decimals."""
    return f"({', '.join(f'{c:.3f}' for c in site)})" if np.isfinite(site).all() else "an unknown position"


def _named(names: list[str], wanted: str) -> str | None:
    if wanted in names:
        return wanted
    number = _number(wanted)
    same = [name for name in names if number and _number(name) == number]
    return same[0] if len(same) == 1 else None


def _number(name: str) -> str | None:
    found = NUMBERED.fullmatch(name)
    return found and found[1]


def _nearest(sites: Mapping[str, Sequence[float]], wanted: Sequence[float]) -> str | None:
    distance = {name: np.linalg.norm(np.subtract(site, wanted)) for name, site in sites.items()}
    near = [name for name in distance if distance[name] <= TOLERANCE_M]  # never where the position is unknown, NaN
    return min(near, key=distance.get, default=None)
