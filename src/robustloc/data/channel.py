"""Channel matrix of paths (Eq. 1-2), in the form of the DeepMIMO generators.

    h[m, k] = sum_p gain_p / sqrt(K) exp(+2 pi j m spacing sin(zenith_p) sin(azimuth_p)) exp(-2 pi j k delay_p B / K)

for antenna m of an array along the y axis and subcarrier k of K over the bandwidth B. Eq. (2) has the opposite sign in
front of cos(theta), because it measures theta from the array's negative direction:
cos(theta) = -sin(zenith) sin(azimuth).
"""

from dataclasses import dataclass

import numpy as np

from robustloc.data.paths import Paths

# Power gain of a half-wave dipole at its horizon.
DIPOLE_GAIN = 1.6409223769


@dataclass(frozen=True)
class Channel:
    """Array of the base station and waveform.

    Attributes:
        antennas: of a uniform linear array along y.
        spacing_wavelengths: distance between neighbouring antennas [wavelengths].
        subcarriers: over the whole bandwidth.
        bandwidth_hz: bandwidth [Hz].
        max_paths: number of a user's stored paths that are used, the first ones.
        late_paths: paths with a delay beyond the OFDM symbol: ``drop`` them, or ``wrap`` their delay.
        dipoles: whether both ends have half-wave dipoles; else isotropic antennas.
    """

    antennas: int = 64
    spacing_wavelengths: float = 0.5
    subcarriers: int = 64
    bandwidth_hz: float = 10e6
    max_paths: int = 25
    late_paths: str = "drop"
    dipoles: bool = False


def path_coordinates(paths: Paths, channel: Channel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the quantities of paths that determine the channel matrix.

    Returns:
        Three arrays (N, P): the complex amplitude of each path per antenna and subcarrier, its phase advance from one
        antenna to the next [turns], and its phase delay from one subcarrier to the next [turns].
    """
    gain = paths.gain[:, : channel.max_paths] / np.sqrt(channel.subcarriers)
    zenith, azimuth, arrival, delay = (
        array[:, : channel.max_paths] for array in (paths.zenith, paths.azimuth, paths.arrival_zenith, paths.delay)
    )
    if channel.dipoles:
        gain = gain * _dipole(zenith) * _dipole(arrival)
    advance = channel.spacing_wavelengths * np.sin(zenith) * np.sin(azimuth)
    return np.where(_late(delay, channel), 0.0, gain), advance, delay * channel.bandwidth_hz / channel.subcarriers


def used_paths(paths: Paths, channel: Channel) -> np.ndarray:
    """Count the paths (N,) of the channel: at most `max_paths` per user, without dropped late paths."""
    return (_first(paths, channel) & ~_late(paths.delay, channel)).sum(axis=1)


def dropped_paths(paths: Paths, channel: Channel) -> int:
    """Count the first `max_paths` paths of all users that are dropped because they are later than the OFDM symbol."""
    return int((_first(paths, channel) & _late(paths.delay, channel)).sum())


def matrix(paths: Paths, channel: Channel) -> np.ndarray:
    """Return the complex channel matrices H (N, antennas, subcarriers) by the formula above."""
    gain, advance, turns = path_coordinates(paths, channel)
    steering = np.exp(2j * np.pi * advance[..., None] * np.arange(channel.antennas))
    tones = np.exp(-2j * np.pi * turns[..., None] * np.arange(channel.subcarriers))
    return np.einsum("np,npm,npk->nmk", gain, steering, tones, optimize=True)


def _first(paths: Paths, channel: Channel) -> np.ndarray:
    """Return which entries (N, P) are among the first `max_paths` paths of their user."""
    return np.arange(paths.delay.shape[1]) < np.minimum(paths.count, channel.max_paths)[:, None]


def _late(delay: np.ndarray, channel: Channel) -> np.ndarray:
    """Return which paths are later than the OFDM symbol and are therefore dropped."""
    return (delay * channel.bandwidth_hz / channel.subcarriers >= 1.0) & (channel.late_paths == "drop")


def _dipole(zenith: np.ndarray) -> np.ndarray:
    """Return the field pattern of a vertical half-wave dipole, relative to an isotropic antenna."""
    sine = np.maximum(np.sin(zenith), 1e-9)  # along its axis the pattern is 0, not 0 / 0
    return np.sqrt(DIPOLE_GAIN) * np.cos(np.pi / 2 * np.cos(zenith)) / sine
