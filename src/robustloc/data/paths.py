"""Propagation paths between one base station and its users, independent of the file format."""

from dataclasses import dataclass, fields

import numpy as np

LINE_OF_SIGHT, NO_LINE_OF_SIGHT, NO_PATH, NOT_RECORDED = 1, 0, -1, -2
# Words for people, by flag; they complete "12 users …".
SIGHT = {
    LINE_OF_SIGHT: "in line of sight",
    NO_LINE_OF_SIGHT: "without line of sight",
    NO_PATH: "without any path",
    NOT_RECORDED: "with line of sight not recorded",
}


@dataclass(frozen=True)
class Paths:
    """Paths of N users, at most P each; entries beyond a user's path count are zero.

    Attributes:
        user: (N,) index of the user in the scenario's own order, from 0.
        row: (N,) row of the user grid, from 1 (DeepMIMO's R1, R2, …).
        position: (N, 3) user positions [m].
        line_of_sight: (N,) flag of each user, a key of `SIGHT`.
        count: (N,) number of paths.
        gain: (N, P) complex gain: square root of the received power for a sent power of 1 W, with the phase at the
            carrier frequency.
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
        """Return the paths of some of the users."""
        return Paths(**{field.name: getattr(self, field.name)[users] for field in fields(self)})


def from_decibels(power_dbm: np.ndarray, phase_deg: np.ndarray) -> np.ndarray:
    """Return the complex gain of a received power [dBm] for a transmitter of 0 dBm and a phase [deg]."""
    return 10 ** (power_dbm / 20) * np.exp(1j * np.deg2rad(phase_deg))
