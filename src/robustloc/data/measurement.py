"""Measured channel matrices: a scenario's users as one file holds them, without propagation paths."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from robustloc.base import plugins
from robustloc.data.positions import check_positions

FORMAT = "csi"  # the plugin in data/formats that reads the file


@dataclass(frozen=True)
class Measurement:
    """Channel matrices of N users.

    Attributes:
        user: (N,) index of the user in the file, from 0.
        position: (N, 3) [m].
        line_of_sight: (N,) flag of each user, a key of `robustloc.data.paths.SIGHT`.
        csi: (N, antennas, subcarriers) channel matrices, complex64; all zero for a user without signal.
    """

    user: np.ndarray
    position: np.ndarray
    line_of_sight: np.ndarray
    csi: np.ndarray

    def __len__(self) -> int:
        return len(self.user)

    def __getitem__(self, users: slice | np.ndarray) -> "Measurement":
        """Return some of the users."""
        return Measurement(**{field.name: getattr(self, field.name)[users] for field in fields(self)})


def is_measured(file: Path) -> bool:
    """Say whether the name and the content of a file are those of channel matrices."""
    return plugins.load("data.formats", FORMAT).is_measured(file)


def is_candidate(file: Path) -> bool:
    """Say whether a file may be meant as channel matrices, also under other names or damaged."""
    return plugins.load("data.formats", FORMAT).is_candidate(file)


def describe(file: Path) -> tuple[int, dict[str, float]]:
    """Return the number of users of a file, and its array and waveform as keys of `robustloc.data.channel.Channel`.

    Raises:
        UserError: the file is missing or damaged, a variable is missing or has a wrong shape, or a value outside of the
            matrices is impossible.
    """
    return plugins.load("data.formats", FORMAT).describe(file)


def read(file: Path, *, share: int = 0, shares: int = 1) -> Measurement:
    """Read one of some equal shares of a file's users.

    The whole file is checked, so that a damaged file fails every share and not only one.

    Raises:
        UserError: as `describe`; or a matrix has an impossible value, or two users have the same matrix.
    """
    found = plugins.load("data.formats", FORMAT).read(file)
    check_positions(found.position, file)
    return found[np.array_split(np.arange(len(found)), shares)[share]]
