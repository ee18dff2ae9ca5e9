"""The embedded outdoor scene: a street similar to DeepMIMO's O1 at 3.5 GHz.

Base stations, user grid and the two facade lines are taken from O1. ASSUME that both sides have the buildings of the
east side (80.5 m of wall every 100 m), that buildings are 30 m deep and higher than every antenna, and that there is no
cross street.
"""

from itertools import pairwise

import numpy as np
from tqdm import tqdm

from robustloc.data.scenes.parts.mirror_images import Image, Wall, blocked, images
from robustloc.data.scenes.parts.reflection import CONCRETE, WET_EARTH, parallel, perpendicular
from robustloc.data.scenes.parts.tracing import Found, Scene

WEST_FACADE_M, EAST_FACADE_M, DEPTH_M = 230.784, 293.288, 30.0
FRONTS_M = [(161.0 + 100 * k, 241.5 + 100 * k) for k in range(7)]


def scene() -> Scene:
    """Describe the scene: base stations BS1 to BS12 along the street, and users every 0.2 m in 2751 rows of 181."""
    sites = {}
    for pair, y in enumerate((389.504, 489.504, 589.504, 651.504, 751.504, 851.504)):
        sites[f"BS{2 * pair + 1}"] = (235.504, y, 6.0)
        sites[f"BS{2 * pair + 2}"] = (287.504, y, 6.0)
    x = 242.423 + 0.2 * np.arange(181)
    y = 297.171 + 0.2 * np.arange(2751)
    users = np.stack(np.broadcast_arrays(x[None, :], y[:, None], 2.0), axis=-1)
    return Scene(3.5e9, sites, users)


def buildings() -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the lower and upper corner (x, y) [m] of each building."""
    sides = ((WEST_FACADE_M - DEPTH_M, WEST_FACADE_M), (EAST_FACADE_M, EAST_FACADE_M + DEPTH_M))
    return [(np.array([x0, y0]), np.array([x1, y1])) for x0, x1 in sides for y0, y1 in FRONTS_M]


def walls() -> list[Wall]:
    """Return the four sides of each building."""
    found = []
    for low, high in buildings():
        corners = [low, np.array([high[0], low[1]]), high, np.array([low[0], high[1]])]
        outwards = np.array([[0, -1], [1, 0], [0, 1], [-1, 0]], dtype=float)
        found += [Wall(corners[i], corners[(i + 1) % 4], outwards[i]) for i in range(4)]
    return found


def find(site: np.ndarray, users: np.ndarray, carrier_hz: float, max_reflections: int) -> list[Found]:
    """Find every path from a site to the users (N, 3) with at most `max_reflections` at walls and ground.

    All walls are vertical and higher than the antennas. So the plan view of a path is a path in two dimensions, and the
    path has either no reflection at the ground or exactly one.
    """
    wall, ground = (m.complex_permittivity(carrier_hz) for m in (CONCRETE, WET_EARTH))
    boxes = buildings()
    found = []
    for image in tqdm(images(site[:2], walls(), max_reflections), desc="tracing", unit="image"):
        user = np.flatnonzero(image.lights(users[:, :2]))
        user = user[_clear(image, site[:2], users[user, :2], boxes)]
        plan = users[user, :2] - image.position
        along_x = sum(w.normal[0] != 0 for w in image.walls)
        along_y = len(image.walls) - along_x
        mirrored = (-1.0) ** np.array([along_x, along_y])
        for grounds in range(min(2, max_reflections - len(image.walls) + 1)):
            # With a ground reflection, the source is the site's mirror image below the ground.
            rise = users[user, 2] - site[2] * (-1) ** grounds
            vector = np.column_stack([plan, rise])
            cosine = np.abs(vector) / np.linalg.norm(vector, axis=1, keepdims=True)
            reflection = (
                perpendicular(cosine[:, 0], wall) ** along_x
                * perpendicular(cosine[:, 1], wall) ** along_y
                * parallel(cosine[:, 2], ground) ** grounds
            )
            departure = np.column_stack([plan * mirrored, rise * (-1) ** grounds])
            found.append(Found(user, departure, -vector, reflection, len(image.walls) + grounds))
    return found


def _clear(image: Image, source: np.ndarray, users: np.ndarray, boxes: list) -> np.ndarray:
    """Return for which users (N, 2) no building blocks the path of this image."""
    stops = [np.broadcast_to(source, users.shape), *image.bounce_points(users), users]
    clear = np.ones(len(users), dtype=bool)
    for start, end in pairwise(stops):
        for box in boxes:
            near = clear.nonzero()[0]
            clear[near] = ~blocked(start[near], end[near], box)
    return clear
