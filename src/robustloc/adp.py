"""Angle-delay profiles (Eq. 3-5): the magnitude of a channel matrix seen in angle and delay bins.

Two ways to the same numbers: `from_matrix` is the definition, `from_paths` is what runs. The latter uses that the
transform of a steering vector is a known function of the path's angle, sin(pi M u) / sin(pi u) up to a phase that all
paths share and that the magnitude removes; so a profile is the magnitude of a product of small matrices.
"""

from dataclasses import dataclass

import numpy as np

from robustloc.channel import Channel, path_coordinates
from robustloc.scenario.paths import Paths

# A path exactly on a bin would divide zero by zero; it is moved by this share of a bin.
NUDGE = 1e-6


@dataclass(frozen=True)
class Convention:
    """How the transforms U and V are written.

    Attributes:
        delay_sign: of V's exponent. The paper's Eq. (5) has -1, which mirrors the delay axis; DyLoc's code has +1.
        unitary: whether U and V carry 1/sqrt(N).
        first_index: the number of the first row and column, 0, or 1 as in DyLoc's MATLAB code.
    """

    delay_sign: int
    unitary: bool
    first_index: int


CONVENTIONS = {"paper": Convention(-1, True, 0), "dyloc": Convention(+1, False, 1)}


def from_matrix(matrix: np.ndarray, convention: Convention) -> np.ndarray:
    """Return |U^H H V| (Eq. 3) of channel matrices H (..., antennas, subcarriers)."""
    antennas, subcarriers = matrix.shape[-2:]
    i = np.arange(antennas) + convention.first_index
    k = np.arange(subcarriers) + convention.first_index
    u = np.exp(-2j * np.pi * np.outer(i, i - antennas / 2) / antennas)
    v = np.exp(convention.delay_sign * 2j * np.pi * np.outer(k, k) / subcarriers)
    norm = np.sqrt(antennas * subcarriers) if convention.unitary else 1.0
    return np.abs(u.conj().T @ matrix @ v) / norm


def from_paths(paths: Paths, channel: Channel, convention: Convention, *, chunk: int = 64) -> np.ndarray:
    """Return the profiles (N, antennas, subcarriers) of paths, float32, `chunk` users at a time."""
    profiles = np.empty((len(paths), channel.antennas, channel.subcarriers), dtype=np.float32)
    for start in range(0, len(paths), chunk):
        part = slice(start, start + chunk)
        profiles[part] = _profiles(*path_coordinates(paths[part], channel), channel, convention)
    return profiles


def _profiles(
    gain: np.ndarray, advance: np.ndarray, turns: np.ndarray, channel: Channel, convention: Convention
) -> np.ndarray:
    first = convention.first_index
    # angle bin q answers to u = advance + (q - M/2) / M, delay bin n to u = turns -+ n / K
    angle = _kernel(advance - 0.5 + first / channel.antennas, channel.antennas, +1)
    delay = _kernel(
        turns - convention.delay_sign * first / channel.subcarriers, channel.subcarriers, -convention.delay_sign
    )
    phase = np.exp(1j * np.pi * ((channel.antennas - 1) * advance - (channel.subcarriers - 1) * turns))
    weight = (gain * phase)[..., None]
    if convention.unitary:
        weight = weight / np.sqrt(channel.antennas * channel.subcarriers)
    angle = angle.swapaxes(1, 2).astype(np.float32)
    parts = np.concatenate([weight.real * delay, weight.imag * delay], axis=2).astype(np.float32)
    both = angle @ parts
    return np.hypot(both[..., : channel.subcarriers], both[..., channel.subcarriers :])


def _kernel(position: np.ndarray, size: int, direction: int) -> np.ndarray:
    """Dirichlet kernel sin(pi size u) / sin(pi u), u = position + direction * bin / size, for every bin.

    The sign (-1)^bin, which all paths share and the magnitude removes, is left out.

    Args:
        position: (N, P) [turns].

    Returns:
        (N, P, size), real.
    """
    bins = position * size
    nearest = np.rint(bins)
    offset = bins - nearest
    bins = np.where(np.abs(offset) < NUDGE, nearest + NUDGE, bins)
    here, there = (np.pi / size * x for x in (bins[..., None], direction * np.arange(size)))
    # sin(here + there) by angle addition: one short table per path and one per bin
    return np.sin(np.pi * bins)[..., None] / (np.sin(here) * np.cos(there) + np.cos(here) * np.sin(there))
