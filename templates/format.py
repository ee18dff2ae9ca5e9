"""Template of a raw format: copy it to src/robustloc/data/formats/mine.py (its name is the format's), then change it.

You may change everything but the names TITLE, MARKER, NEEDS and the names and parameters of the five functions.
This example reads one NumPy archive per scenario: one base station and one rectangular grid of users.
`pytest tests/data/formats -k mine` checks the contract in src/robustloc/data/formats/__init__.py.
"""

from pathlib import Path

import numpy as np

from robustloc.data.formats.parts.loading import load_array, refuse_impossible
from robustloc.data.paths import Paths, from_decibels
from robustloc.data.user_grid import Grid

TITLE = "one NumPy archive"
MARKER = "scenario.npz"
NEEDS = (
    "scenario.npz with carrier_hz, station (3,) [m], users (rows, columns, 3) [m], line_of_sight and count (N,), and "
    "(N, P) power_dbm, phase_deg, delay_s, zenith_deg, azimuth_deg, arrival_zenith_deg"
)


def base_stations(folder: Path) -> dict[str, np.ndarray]:
    """Return the position (3,) [m] of every base station, by name."""
    return {"BS1": load_array(folder / MARKER, "station")}


def grids(folder: Path, name: str) -> list[Grid]:
    """Return the scenario's user grids; rows are numbered from 1."""
    rows, columns, _ = load_array(folder / MARKER, "users").shape
    return [Grid(1, rows, columns)]


def carrier_hz(folder: Path) -> float:
    """Return the carrier frequency [Hz]."""
    return float(load_array(folder / MARKER, "carrier_hz"))


def files(folder: Path, name: str, users: np.ndarray) -> list[Path]:
    """List the files that are opened to read users (ascending indices) of a base station, the marker first."""
    return [folder / MARKER]


def read(folder: Path, name: str, users: np.ndarray, row: np.ndarray, max_paths: int) -> Paths:
    """Read the paths of the given users (ascending indices, from 0) and keep at most `max_paths` of each."""
    file = folder / MARKER
    count = np.minimum(load_array(file, "count")[users], max_paths)
    power, phase, delay, zenith, azimuth, arrival = (
        load_array(file, quantity)[users, :max_paths]
        for quantity in ("power_dbm", "phase_deg", "delay_s", "zenith_deg", "azimuth_deg", "arrival_zenith_deg")
    )
    for quantity, values in {"power": power, "delay": delay, "zenith": zenith}.items():
        refuse_impossible(file, quantity, users, values)
    present = np.arange(power.shape[1]) < count[:, None]
    return Paths(
        user=users,
        row=row,
        position=load_array(file, "users").reshape(-1, 3)[users],
        line_of_sight=load_array(file, "line_of_sight")[users],
        count=count,
        gain=np.where(present, from_decibels(power, phase), 0.0),  # entries without a path must be zero
        delay=delay,
        zenith=np.deg2rad(zenith),
        azimuth=np.deg2rad(azimuth),
        arrival_zenith=np.deg2rad(arrival),
    )
