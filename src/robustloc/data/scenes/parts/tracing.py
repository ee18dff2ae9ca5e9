"""Descriptions of scenes and their paths, and conversion of paths to the arrays of a DeepMIMO v4 scenario."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from robustloc.base.errors import UserError
from robustloc.data import base_stations
from robustloc.data.scenes.parts.reflection import SPEED_OF_LIGHT


@dataclass(frozen=True)
class Scene:
    """Description of an embedded scene.

    Attributes:
        carrier_hz: carrier frequency [Hz].
        base_stations: position [m] of each base station, by name.
        users: (rows, columns, 3) positions [m] of the whole user grid.
    """

    carrier_hz: float
    base_stations: dict[str, tuple[float, float, float]]
    users: np.ndarray


def chosen(place: ModuleType, rows: int, base_station: str | Sequence[float]) -> tuple[Scene, str]:
    """Return the scene of a plugin and the name of one of its base stations.

    Args:
        place: the plugin's module.
        rows: number of rows that are traced.
        base_station: name, or position (3,) [m].

    Raises:
        UserError: the scene does not have this base station, or has fewer rows.
    """
    scene, name = place.scene(), place.__name__.rpartition(".")[2]
    if rows > len(scene.users):
        raise UserError(f"raw.rows: expected at most {len(scene.users)} rows in scene {name!r}, found {rows}")
    return scene, base_stations.find(scene.base_stations, base_station, f"scene {name!r}")


@dataclass(frozen=True)
class Found:
    """K paths with the same number of reflections, each to one user.

    Attributes:
        user: (K,) index of the user.
        departure: (K, 3) direction of the path at the base station; the norm is the path length [m].
        arrival: (K, 3) direction from the user back along the path; the norm is the path length [m].
        reflection: (K,) product of the reflection coefficients.
        bounces: number of reflections, the same for all K.
    """

    user: np.ndarray
    departure: np.ndarray
    arrival: np.ndarray
    reflection: np.ndarray
    bounces: int


def arrays(found: list[Found], positions: np.ndarray, site: np.ndarray, carrier_hz: float, max_paths: int) -> dict:
    """Collect the strongest paths of each user.

    Args:
        found: paths to N users.
        positions: (N, 3) of the users [m].
        site: (3,) position of the base station [m].
        carrier_hz: carrier frequency [Hz].
        max_paths: largest number of paths per user.

    Returns:
        The arrays of `robustloc.data.deepmimo_writer.write`. Path quantities have the shape (N, P), with the strongest
        path first, and are padded with NaN.
    """
    user = np.concatenate([part.user for part in found])
    departure, arrival, reflection = (
        np.concatenate([getattr(part, name) for part in found]) for name in ("departure", "arrival", "reflection")
    )
    bounces = np.concatenate([np.full(len(part.user), part.bounces) for part in found])
    length = np.linalg.norm(departure, axis=1)
    wavelength = SPEED_OF_LIGHT / carrier_hz
    power = 20 * np.log10(np.abs(reflection) * wavelength / (4 * np.pi * length))
    turns = (length / wavelength) % 1.0
    columns = {
        "power": power,
        "phase": (np.rad2deg(np.angle(reflection)) - 360 * turns + 180) % 360 - 180,
        "delay": length / SPEED_OF_LIGHT,
        "aod_az": np.rad2deg(np.arctan2(departure[:, 1], departure[:, 0])),
        "aod_el": np.rad2deg(np.arccos(departure[:, 2] / length)),
        "aoa_az": np.rad2deg(np.arctan2(arrival[:, 1], arrival[:, 0])),
        "aoa_el": np.rad2deg(np.arccos(arrival[:, 2] / length)),
        # DeepMIMO's code: one decimal digit 1 per reflection (1, 11, 111, …), 0 for line of sight
        "inter": (10.0**bounces - 1) // 9,
    }
    # Sort by user, then by power, then by length, which makes the order of equally strong paths unique.
    order = np.lexsort((length, -power, user))
    first = np.searchsorted(user[order], user[order])
    rank = np.arange(len(order)) - first
    kept = rank < max_paths
    order, rank = order[kept], rank[kept]
    shape = (len(positions), int(rank.max(initial=0)) + 1)
    result = {"rx_pos": positions, "tx_pos": np.asarray(site)}
    for name, values in columns.items():
        result[name] = np.full(shape, np.nan, dtype=np.float32)
        result[name][user[order], rank] = values[order]
    return result
