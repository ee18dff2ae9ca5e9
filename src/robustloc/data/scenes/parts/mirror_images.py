"""Mirror images of a source at vertical walls, in the two dimensions of the floor plan."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Wall:
    """One side of a building: a segment from `start` to `end` (2,) [m] with its outward unit normal."""

    start: np.ndarray
    end: np.ndarray
    normal: np.ndarray

    def front(self, point: np.ndarray) -> np.ndarray:
        """Return the signed distance [m] of points (..., 2) from the wall's line, positive outside the building."""
        return (point - self.start) @ self.normal

    def mirror(self, point: np.ndarray) -> np.ndarray:
        """Return the mirror image of a point (2,)."""
        return point - 2 * self.front(point) * self.normal


@dataclass(frozen=True)
class Image:
    """Mirror image of a source after a sequence of walls; it radiates through a window in the last wall.

    Attributes:
        position: (2,) position of the image [m].
        walls: the walls in the order of the reflections; empty for the source itself.
        window: (2, 2) ends of the part of the last wall that paths over all walls can reach [m].
        parent: the image before the last reflection.
    """

    position: np.ndarray
    walls: tuple[Wall, ...] = ()
    window: np.ndarray | None = None
    parent: "Image | None" = None

    def lights(self, points: np.ndarray) -> np.ndarray:
        """Return which points (N, 2) the image's beam reaches if no building blocks it."""
        lit = np.ones(len(points), dtype=bool)
        for origin, normal in self._edges():
            lit &= (points - origin) @ normal > 0
        return lit

    def bounce_points(self, points: np.ndarray) -> list[np.ndarray]:
        """Return the reflection points (N, 2) of the paths to points in the beam, in order from the source."""
        bounces, image, target = [], self, points
        while image.walls:  # from the last wall back to the first
            wall = image.walls[-1]
            behind, ahead = -wall.front(image.position), wall.front(target)
            share = behind / (behind + ahead)
            target = image.position + share[..., None] * (target - image.position)
            bounces.insert(0, target)
            image = image.parent
        return bounces

    def children(self, walls: list[Wall]) -> Iterator["Image"]:
        """Yield the images of this image at every wall that its beam reaches."""
        for wall in walls:
            if (self.walls and wall is self.walls[-1]) or wall.front(self.position) <= 0:
                continue
            window = self._clip(wall)
            if window is not None:
                yield Image(wall.mirror(self.position), (*self.walls, wall), window, self)

    def _edges(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Half planes whose intersection is the beam: a point on the border, and the inward normal."""
        if self.window is None:
            return []
        wall, edges = self.walls[-1], []
        middle = self.window.mean(axis=0) - self.position
        for corner in self.window:
            along = corner - self.position
            normal = np.array([-along[1], along[0]])
            edges.append((self.position, normal if normal @ middle > 0 else -normal))
        return [(wall.start, wall.normal), *edges]

    def _clip(self, wall: Wall) -> np.ndarray | None:
        """Return the ends (2, 2) of the part of a wall that the beam reaches, or None if there is no such part."""
        low, high = 0.0, 1.0
        along = wall.end - wall.start
        for origin, normal in self._edges():
            offset, slope = (wall.start - origin) @ normal, along @ normal
            if abs(slope) < 1e-12:
                if offset <= 0:
                    return None
            elif slope > 0:
                low = max(low, -offset / slope)
            else:
                high = min(high, -offset / slope)
        if high - low < 1e-9:
            return None
        return np.stack([wall.start + low * along, wall.start + high * along])


def images(source: np.ndarray, walls: list[Wall], depth: int) -> list[Image]:
    """List the source and its mirror images with at most `depth` reflections, ordered by their number."""
    level = [Image(source)]
    found = list(level)
    for _ in range(depth):
        level = [child for image in level for child in image.children(walls)]
        found += level
    return found


def blocked(starts: np.ndarray, ends: np.ndarray, box: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return which straight segments pass through a building.

    Args:
        starts: (N, 2) [m].
        ends: (N, 2) [m].
        box: lower and upper corner (2,) of the building [m]. It is reduced by a millimetre on each side, so that a
            segment may touch the wall that reflects it.
    """
    low, high = box[0] + 1e-3, box[1] - 1e-3
    along = ends - starts
    with np.errstate(divide="ignore", invalid="ignore"):
        t0, t1 = (low - starts) / along, (high - starts) / along
    enter, leave = np.minimum(t0, t1), np.maximum(t0, t1)
    parallel_outside = (along == 0) & ((starts <= low) | (starts >= high))
    enter = np.where(along == 0, -np.inf, enter).max(axis=1)
    leave = np.where(along == 0, np.inf, leave).min(axis=1)
    return (np.maximum(enter, 0) < np.minimum(leave, 1)) & ~parallel_outside.any(axis=1)
