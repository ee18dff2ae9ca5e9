"""Propagation paths between one base station and its users, free of any file format."""

from dataclasses import dataclass, fields

import numpy as np

LINE_OF_SIGHT, NO_LINE_OF_SIGHT, NO_PATH, NOT_RECORDED = 1, 0, -1, -2


@dataclass(frozen=True)
class Paths:
    """Paths of N users, at most P each; entries beyond a user's path count are zero.

    Attributes:
        user: (N,) index of the user in the scenario's own order, from 0.
        row: (N,) row of the user grid, from 1 (DeepMIMO's R1, R2, …).
        position: (N, 3) user positions [m].
        line_of_sight: (N,) 1 line of sight, 0 none, -1 no path at all, -2 not recorded (DeepMIMO v1).
        count: (N,) number of paths.
        gain: (N, P) complex gain: root of the received power for 1 W sent, with the phase at the carrier.
        delay: (N, P) time of flight [s].
        zenith: (N, P) zenith angle of departure at the base station [rad].
        azimuth: (N, P) azimuth of departure at the base station [rad].
        arrival_zenith: (N, P) zenith angle at which the path arrives at the user [rad].
    """

    user: np.ndarray
    row: np.ndarray
    position: np.ndarray
    line_of_sight: np.ndarray
    count: np.ndarray
    gain: np.ndarray
    delay: np.ndarray
    zenith: np.ndarray
    azimuth: np.ndarray
    arrival_zenith: np.ndarray

    def __len__(self) -> int:
        return len(self.user)

    def __getitem__(self, users: slice | np.ndarray) -> "Paths":
        """Return the paths of a part of the users."""
        return Paths(**{field.name: getattr(self, field.name)[users] for field in fields(self)})


def from_decibels(power_dbm: np.ndarray, phase_deg: np.ndarray) -> np.ndarray:
    """Complex gain of received power [dBm] for a transmitter of 0 dBm, and phase [deg]."""
    return 10 ** (power_dbm / 20) * np.exp(1j * np.deg2rad(phase_deg))
