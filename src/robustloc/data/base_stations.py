"""Find a base station by its name or its position. The number in a file name differs between formats."""

from collections.abc import Mapping, Sequence

import numpy as np

from robustloc.base.errors import UserError

# Files store positions in single precision, and people type three decimals.
TOLERANCE_M = 0.1


def find(sites: Mapping[str, Sequence[float]], wanted: str | Sequence[float], where: object) -> str:
    """Return the name of the base station with this name or at this position [m].

    Args:
        sites: position (3,) [m] of each base station, by name; NaN where it is unknown.
        wanted: a name, or a position (3,) [m] within 0.1 m of the base station.
        where: folder or scene of the base stations, for the message.

    Raises:
        UserError: no base station fits; the message lists all of them.
    """
    if isinstance(wanted, str):
        if wanted in sites:
            return wanted
    else:
        distance = {name: np.linalg.norm(np.subtract(site, wanted)) for name, site in sites.items()}
        nearest = min(distance, key=distance.get)
        if distance[nearest] <= TOLERANCE_M:
            return nearest
    listed = "; ".join(
        f"{name} at {written(sites[name])}" for name in sorted(sites, key=lambda name: (len(name), name))
    )
    raise UserError(
        f"base_station: expected a base station of {where}, found {wanted!r}; write one of these names or positions: "
        f"{listed}"
    )


def written(site: Sequence[float]) -> str:
    """Return a position [m] as text with three decimals."""
    return f"({', '.join(f'{c:.3f}' for c in site)})" if np.isfinite(site).all() else "an unknown position"
