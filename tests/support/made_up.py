"""Made-up paths, and the size and base station of the made-up scenario."""

import numpy as np

from robustloc.data.paths import Paths

ROWS, COLUMNS = 4, 5
SITE = np.array([3.0, -2.0, 6.0])


def make_paths(count: np.ndarray, *, width: int, seed: int = 0, longest_s: float = 5e-6) -> Paths:
    """Random paths of len(count) users; entries beyond a user's count are zero."""
    rng = np.random.default_rng(seed)
    shape, users = (len(count), width), np.arange(len(count))
    present = np.arange(width) < count[:, None]
    gain = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    zenith, azimuth, arrival = rng.uniform(0.1, 3.0, shape), rng.uniform(-3, 3, shape), rng.uniform(0.1, 3.0, shape)
    delay = rng.uniform(1e-8, longest_s, shape)
    fields = [np.where(present, array, 0) for array in (gain, delay, zenith, azimuth, arrival)]
    position = rng.uniform(0, 50, (len(count), 3))
    return Paths(users, users + 1, position, np.where(count > 0, 1, -1), count, *fields)
