"""The embedded indoor scene: an empty conference room similar to DeepMIMO's I3 at 60 GHz.

ASSUME an empty box of 10 x 11 x 3 m. I3's tables, people, doors and hallways are left out, and so is everything that
only its files contain, such as the wall materials and the array's axis. With at most two reflections, each user has
exactly 25 paths, the number that the paper uses.
"""

from itertools import product

import numpy as np

from robustloc.data.scenes.parts.reflection import CONCRETE, PLASTERBOARD, parallel, perpendicular
from robustloc.data.scenes.parts.tracing import Found, Scene

SIZE = np.array([10.0, 11.0, 3.0])


def scene() -> Scene:
    """Describe the scene: two access points on opposite walls, and users every 0.01 m in 551 rows of 121."""
    x = 4.4 + 0.01 * np.arange(121)
    y = 2.75 + 0.01 * np.arange(551)
    users = np.stack(np.broadcast_arrays(x[None, :], y[:, None], 0.6), axis=-1)
    return Scene(60e9, {"BS1": (9.835, 5.5, 2.0), "BS2": (0.165, 5.5, 2.0)}, users)


def find(site: np.ndarray, users: np.ndarray, carrier_hz: float, max_reflections: int) -> list[Found]:
    """Find every path from a site to the users (N, 3) with at most `max_reflections` reflections.

    In a box, every mirror image reaches every user, so no path is blocked. Image (i, j, k) is shifted by i room lengths
    along x, j along y and k along z, and mirrored along the axes where the number is odd.
    """
    side, flat = (m.complex_permittivity(carrier_hz) for m in (PLASTERBOARD, CONCRETE))
    found = []
    orders = range(-max_reflections, max_reflections + 1)
    for image in product(orders, repeat=3):
        bounces = np.abs(image)
        if bounces.sum() > max_reflections:
            continue
        odd = bounces % 2 == 1
        source = np.multiply(image, SIZE) + np.where(odd, SIZE - site, site)
        vector = users - source
        cosine = np.abs(vector) / np.linalg.norm(vector, axis=1, keepdims=True)
        reflection = (
            perpendicular(cosine[:, 0], side) ** bounces[0]
            * perpendicular(cosine[:, 1], side) ** bounces[1]
            * parallel(cosine[:, 2], flat) ** bounces[2]
        )
        departure = np.where(odd, -vector, vector)
        found.append(Found(np.arange(len(users)), departure, -vector, reflection, int(bounces.sum())))
    return found
