"""Mirror images of a source in the vertical walls of a street plan (two dimensions)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Wall:
    """One side of a building: a segment from `start` to `end` [m] with its outward unit normal."""

    start: np.ndarray
    end: np.ndarray
    normal: np.ndarray

    def front(self, point: np.ndarray) -> np.ndarray:
        """Signed distance of points (..., 2) from the wall's line, positive on the street's side."""
        return (point - self.start) @ self.normal

    def mirror(self, point: np.ndarray) -> np.ndarray:
        """Mirror image of a point."""
        return point - 2 * self.front(point) * self.normal


@dataclass(frozen=True)
class Image:
    """A source mirrored in a sequence of walls, seen through the part of the last wall that all bounces leave open.

    Attributes:
        position: (2,) where the source appears to be.
        walls: the sequence, in the order of the bounces; empty for the source itself.
        window: (2, 2) ends of the open part of the last wall.
        parent: the image before the last bounce.
    """

    position: np.ndarray
    walls: tuple[Wall, ...] = ()
    window: np.ndarray | None = None
    parent: "Image | None" = None

    def lights(self, points: np.ndarray) -> np.ndarray:
        """Say which points (N, 2) the image's beam reaches, buildings in the way not considered."""
        lit = np.ones(len(points), dtype=bool)
        for origin, normal in self._edges():
            lit &= (points - origin) @ normal > 0
        return lit

    def bounce_points(self, points: np.ndarray) -> list[np.ndarray]:
        """Trace the way from the source to lit points back: (N, 2) per bounce, in order."""
        bounces, image, target = [], self, points
        while image.walls:
            wall = image.walls[-1]
            behind, ahead = -wall.front(image.position), wall.front(target)
            share = behind / (behind + ahead)
            target = image.position + share[..., None] * (target - image.position)
            bounces.insert(0, target)
            image = image.parent
        return bounces

    def children(self, walls: list[Wall]) -> Iterator["Image"]:
        """Mirror the image in every wall that its beam reaches."""
        for wall in walls:
            if (self.walls and wall is self.walls[-1]) or wall.front(self.position) <= 0:
                continue
            window = self._clip(wall)
            if window is not None:
                yield Image(wall.mirror(self.position), (*self.walls, wall), window, self)

    def _edges(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Half planes (a point on the border, normal inwards) whose intersection is the beam."""
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
        """Cut a wall down to what the beam reaches."""
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
    """List the source and its mirror images with up to `depth` bounces, shallow ones first."""
    level = [Image(source)]
    found = list(level)
    for _ in range(depth):
        level = [child for image in level for child in image.children(walls)]
        found += level
    return found


def blocked(starts: np.ndarray, ends: np.ndarray, box: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Say which straight legs (N, 2) pass through a building, given by its lower and upper corner.

    The building is shrunk by a millimetre, so that a leg may touch the wall that it bounces off.
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
