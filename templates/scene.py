"""Template of a scene: copy it to src/robustloc/data/scenes/mine.py (its name is the scene's), then change it.

You may change everything but the names and parameters of `scene` and `find`. This example is an open field with the
direct path and the path reflected by the ground. `robustloc.data.scenes.room` has walls, `robustloc.data.scenes.street`
has buildings. `pytest tests/data/scenes -k mine` checks the contract in src/robustloc/data/scenes/__init__.py.
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
    """Find the paths from a site (3,) to users (N, 3), with one `Found` for all paths of the same kind.

    A `Found` has the users' indices, the vectors of departure and arrival, which both have the length of the path, the
    reflection coefficients, and the number of reflections.
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
