"""Angle-delay profiles (Eq. 3-5): the magnitude of a channel matrix in angle and delay bins.

`robustloc.data.transform.from_matrix` is the definition, and `measured` runs it on measured matrices. For paths,
the workflow runs `from_paths`, which computes the same numbers faster: the transform of a steering vector is the
Dirichlet kernel sin(pi M u) / sin(pi u) times two phase factors. One belongs to the path and becomes part of its
weight. The other belongs to the bin and is the same for all paths, so the magnitude removes it. A profile is then the
magnitude of a weighted sum of outer products of two real vectors. The loops are compiled, because vectorised numpy
would move large temporary arrays through memory.
"""

from collections.abc import Iterator

import numpy as np
from numba import njit, prange
from tqdm import tqdm

from robustloc.data.channel import Channel, path_coordinates, used_paths
from robustloc.data.dataset import ROW_GROUP, Users
from robustloc.data.measurement import Measurement
from robustloc.data.paths import Paths
from robustloc.data.transform import Convention, from_matrix, named

# Smallest distance of a path from a bin, in bins. A path exactly on a bin would divide zero by zero.
NUDGE = 1e-6


def from_paths(paths: Paths, channel: Channel, convention: str | Convention = "paper") -> np.ndarray:
    """Return the angle-delay profiles of users (Eq. 3-5); runs on as many threads as numba is set to use.

    Args:
        paths: of N users.
        channel: array and waveform.
        convention: how the transforms are written, a name (``paper``, ``dyloc``) or a `Convention`.

    Returns:
        (N, antennas, subcarriers) linear magnitudes, float32: angle bins by delay bins.

    Raises:
        UserError: there is no convention of this name.
    """
    if isinstance(convention, str):
        convention = named(convention)
    antennas, subcarriers, first = channel.antennas, channel.subcarriers, convention.first_index
    gain, advance, turns = path_coordinates(paths, channel)
    # The path's phase factor of the transforms: its phase at the centre of the array and of the band.
    weight = gain * np.exp(1j * np.pi * ((antennas - 1) * advance - (subcarriers - 1) * turns))
    if convention.unitary:
        weight /= np.sqrt(antennas * subcarriers)
    # Arguments u of the kernels in the first bins: in angle bin q, u = advance + (q - M/2) / M; in delay bin n,
    # u = n / K - delay_sign turns up to its sign, which does not matter because kernels are even.
    angle = advance - 0.5 + first / antennas
    delay = first / subcarriers - convention.delay_sign * turns
    profiles = np.empty((len(paths), antennas, subcarriers), dtype=np.float32)
    count = np.minimum(paths.count, channel.max_paths)
    _fill(profiles, weight.astype(np.complex64), angle, delay, count, _table(antennas), _table(subcarriers))
    return profiles


def users(paths: Paths, channel: Channel, convention: Convention) -> Iterator[Users]:
    """Compute the profiles of users batch by batch, which bounds the memory."""
    used = used_paths(paths, channel)
    print(f"{len(paths)} users, {used.sum()} paths", flush=True)
    for start in tqdm(range(0, len(paths), ROW_GROUP), desc="profiles", unit="batch"):
        here = slice(start, start + ROW_GROUP)
        part, profiles = paths[here], from_paths(paths[here], channel, convention)
        yield Users(part.user, part.row, part.position, part.line_of_sight, used[here], profiles)


def measured(matrices: Measurement, convention: Convention) -> Iterator[Users]:
    """Compute the profiles of measured channel matrices batch by batch. A user with any signal has one path."""
    for start in tqdm(range(0, len(matrices), ROW_GROUP), desc="profiles", unit="batch"):
        part = matrices[start : start + ROW_GROUP]
        profiles, heard = from_matrix(part.csi, convention).astype(np.float32), part.csi.any(axis=(1, 2))
        # users that lie on no grid are one row
        yield Users(part.user, np.ones(len(part), int), part.position, part.line_of_sight, heard.astype(int), profiles)


def _table(size: int) -> np.ndarray:
    """Return sine and cosine (2, 2 size) of pi n / size for n = 0, 1, …; the sines of 0 and pi are exactly zero."""
    steps = np.arange(2 * size)
    table = np.stack([np.sin(np.pi / size * steps), np.cos(np.pi / size * steps)])
    table[0, ::size] = 0.0
    return table.astype(np.float32)


@njit(parallel=True, cache=True)
def _fill(profiles, weight, angle, delay, count, angle_table, delay_table):
    """Fill in |sum_p weight_p S_p T_p| for each user alone, so that a profile does not depend on the other users."""
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
    """Fill in the Dirichlet kernel sin(pi size u) / sin(pi u), u = position + bin / size [turns], for every bin.

    The denominator is computed from the offset to the nearest bin and the table's sines by the angle sum formula. This
    never subtracts two nearly equal numbers, so single precision is enough. The sign (-1)^bin is left out: it is the
    same for all paths, so the magnitude removes it.
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
