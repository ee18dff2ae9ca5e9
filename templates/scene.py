"""Template of a scene: copy it to src/robustloc/scenes/mine.py (the file's name is the scene's), then change it.

Yours to change: everything but the names and parameters of `scene` and `find`. Here it is an open field: the straight
path, and the one by the ground. `robustloc.data.scenes.room` has walls, `robustloc.data.scenes.street` houses.
`pytest tests/scenes -k mine` says whether the contract in src/robustloc/scenes/__init__.py still holds.
"""

import numpy as np

from robustloc.data.scenes.parts.reflection import CONCRETE, parallel
from robustloc.data.scenes.parts.tracing import Found, Scene


def scene() -> Scene:
    """Describe the scene: carrier [Hz], base stations by name, and users (rows, columns, 3) at equal steps [m]."""
    x, y = 10.0 + 0.5 * np.arange(61), 0.5 * np.arange(121)
    users = np.stack(np.broadcast_arrays(x[None, :], y[:, None], 1.5), axis=-1)
    return Scene(3.5e9, {"BS1": (0.0, 30.0, 10.0)}, users)


def find(site: np.ndarray, users: np.ndarray, carrier_hz: float, max_reflections: int) -> list[Found]:
    """Find the paths from a site (3,) to users (N, 3), one `Found` for each way that the users may have in common.

    A `Found` has the users' numbers, the vectors along which the path leaves the site and along which it goes from the
    user back to where it came from (both as long as the path), its reflection coefficient, and its reflections.
    """
    everybody, straight = np.arange(len(users)), users - site
    found = [Found(everybody, straight, -straight, np.ones(len(users), dtype=complex), 0)]
    if max_reflections >= 1:
        image = site * [1.0, 1.0, -1.0]  # the ground is z = 0
        vector = users - image
        cosine = np.abs(vector[:, 2]) / np.linalg.norm(vector, axis=1)
        reflection = parallel(cosine, CONCRETE.complex_permittivity(carrier_hz))
        found.append(Found(everybody, vector * [1.0, 1.0, -1.0], -vector, reflection, 1))
    return found
