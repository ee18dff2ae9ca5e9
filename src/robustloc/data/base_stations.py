"""Which base station is meant: by name or by position, never by a file's number."""

from collections.abc import Mapping, Sequence

import numpy as np

from robustloc.base.errors import UserError

# Positions in the files carry single precision, people type three decimals.
TOLERANCE_M = 0.1


def find(sites: Mapping[str, Sequence[float]], wanted: str | Sequence[float], where: object) -> str:
    """Return the name of the base station with this name or at this position [m].

    Args:
        sites: position of each base station, by name; not a number where it is unknown.
        wanted: a name or a position.
        where: what holds them, for the message.

    Raises:
        UserError: there is none; the message lists those that there are.
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
        f"base_station: {wanted!r} is not in {where}, which has {listed}; name one of them or give its position"
    )


def written(site: Sequence[float]) -> str:
    """Write a position as people type it."""
    return f"({', '.join(f'{c:.3f}' for c in site)})" if np.isfinite(site).all() else "an unknown position"
