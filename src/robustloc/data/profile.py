"""Angle-delay profiles (Eq. 3-5): the magnitude of a channel matrix seen in angle and delay bins.

Two ways to the same numbers: `robustloc.data.transform.from_matrix` is the definition, `from_paths` is what runs. It
uses that the transform of a steering vector is a known function of the path's angle, sin(pi M u) / sin(pi u) up to a
phase that all paths share and that the magnitude removes; so a profile is the magnitude of a sum of outer products of
real vectors. It is compiled, so that nothing but the profiles themselves goes through memory.
"""

from collections.abc import Iterator

import numpy as np
from numba import njit, prange
from tqdm import tqdm

from robustloc.data.channel import Channel, path_coordinates, used_paths
from robustloc.data.dataset import ROW_GROUP, Users
from robustloc.data.paths import Paths
from robustloc.data.transform import Convention

# A path exactly on a bin would divide zero by zero; it is moved by this share of a bin.
NUDGE = 1e-6


def from_paths(paths: Paths, channel: Channel, convention: Convention) -> np.ndarray:
    """Return the profiles (N, antennas, subcarriers) of paths, float32; on as many threads as numba is set to use."""
    antennas, subcarriers, first = channel.antennas, channel.subcarriers, convention.first_index
    gain, advance, turns = path_coordinates(paths, channel)
    weight = gain * np.exp(1j * np.pi * ((antennas - 1) * advance - (subcarriers - 1) * turns))
    if convention.unitary:
        weight /= np.sqrt(antennas * subcarriers)
    # angle bin q answers to advance + (q - M/2) / M, delay bin n to turns -+ n / K, or to that with both signs turned
    angle = advance - 0.5 + first / antennas
    delay = first / subcarriers - convention.delay_sign * turns
    profiles = np.empty((len(paths), antennas, subcarriers), dtype=np.float32)
    count = np.minimum(paths.count, channel.max_paths)
    _fill(profiles, weight.astype(np.complex64), angle, delay, count, _table(antennas), _table(subcarriers))
    return profiles


def users(paths: Paths, channel: Channel, convention: Convention) -> Iterator[Users]:
    """Compute the profiles of users batch by batch, which bounds the memory."""
    used = used_paths(paths, channel)
    late = paths.count.sum() - used.sum()
    print(f"{len(paths)} users, {used.sum()} paths; {late} more are later than the OFDM symbol and dropped", flush=True)
    for start in tqdm(range(0, len(paths), ROW_GROUP), desc="profiles", unit="batch"):
        here = slice(start, start + ROW_GROUP)
        part, profiles = paths[here], from_paths(paths[here], channel, convention)
        yield Users(part.user, part.row, part.position, part.line_of_sight, used[here], profiles)


def _table(size: int) -> np.ndarray:
    """Sine and cosine (2, 2 size) of pi / size times 0, 1, …, the sines of 0 and pi exactly zero."""
    steps = np.arange(2 * size)
    table = np.stack([np.sin(np.pi / size * steps), np.cos(np.pi / size * steps)])
    table[0, ::size] = 0.0
    return table.astype(np.float32)


@njit(parallel=True, cache=True)
def _fill(profiles, weight, angle, delay, count, angle_table, delay_table):
    """Fill in |sum_p weight_p S_p T_p|, user by user, so that nobody's result depends on who else is there."""
    users, angle_bins, delay_bins = profiles.shape
    for user in prange(users):
        real, imaginary = np.zeros((2, angle_bins, delay_bins), dtype=np.float32)
        across, along = np.empty(angle_bins, dtype=np.float32), np.empty(delay_bins, dtype=np.float32)
        for path in range(count[user]):
            _kernel(angle[user, path], angle_table, across)
            _kernel(delay[user, path], delay_table, along)
            here = weight[user, path]
            for q in range(angle_bins):
                left, right = here.real * across[q], here.imag * across[q]
                for n in range(delay_bins):
                    real[q, n] += left * along[n]
                    imaginary[q, n] += right * along[n]
        for q in range(angle_bins):
            for n in range(delay_bins):
                profiles[user, q, n] = np.sqrt(real[q, n] ** 2 + imaginary[q, n] ** 2)


@njit(cache=True)
def _kernel(position, table, kernel):
    """Dirichlet kernel sin(pi size u) / sin(pi u), u = position + bin / size [turns], for every bin.

    By angle addition to the nearest bin, whose sines are exact: no difference of like numbers, so single precision is
    enough. The sign (-1)^bin, which all paths share and the magnitude removes, is left out.
    """
    size = len(kernel)
    nearest = np.rint(position * size)
    offset = position * size - nearest
    if abs(offset) < NUDGE:
        offset = NUDGE
    wraps = np.floor(nearest / size)
    start = int(nearest - wraps * size)
    sign = 1.0 if (nearest + wraps) % 2 == 0 else -1.0
    height = np.float32(sign * np.sin(np.pi * offset) / np.cos(np.pi * offset / size))
    slope = np.float32(np.tan(np.pi * offset / size))
    sine, cosine = table[0, start : start + size], table[1, start : start + size]
    for q in range(size):
        kernel[q] = height / (sine[q] + slope * cosine[q])
