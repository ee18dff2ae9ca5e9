"""Every scene keeps its contract; a new scene is checked as well: pytest tests/data/scenes -k NAME."""

from pathlib import Path

import numpy as np
import pytest
from layouts import write_v4

from robustloc.base import plugins
from robustloc.data import folder
from robustloc.data.scenes.parts.reflection import SPEED_OF_LIGHT
from robustloc.data.scenes.parts.tracing import arrays

NAMES = plugins.names("data.scenes")


@pytest.mark.parametrize("name", NAMES)
def test_geometry(name: str) -> None:
    """A scene has a carrier, named base stations, and rows of users at equal steps."""
    scene = plugins.load("data.scenes", name).scene()

    assert scene.carrier_hz > 1e8
    assert all(np.isfinite(site).all() and len(site) == 3 for site in scene.base_stations.values())
    assert len(set(scene.base_stations.values())) == len(scene.base_stations) >= 1
    assert scene.users.ndim == 3
    for axis in (0, 1):
        steps = np.diff(scene.users, axis=axis)
        np.testing.assert_allclose(steps, np.broadcast_to(steps[:1, :1], steps.shape), atol=1e-9)


@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_paths(name: str, depth: int, tmp_path: Path) -> None:
    """No path is shorter than the distance or has too many reflections, and all paths can be written and read."""
    place = plugins.load("data.scenes", name)
    scene = place.scene()
    site = np.array(next(iter(scene.base_stations.values())))
    users = scene.users[:40:8, ::20].reshape(-1, 3)
    found = place.find(site, users, scene.carrier_hz, depth)
    assert {part.bounces for part in found} <= set(range(depth + 1))
    for part in found:
        lengths = np.linalg.norm(part.departure, axis=1)
        np.testing.assert_allclose(np.linalg.norm(part.arrival, axis=1), lengths)
        assert (lengths >= np.linalg.norm(users[part.user] - site, axis=1) - 1e-9).all()
        assert (np.abs(part.reflection) <= 1).all()

    paths = folder.read(write_v4(tmp_path / "raw", arrays(found, users, site, scene.carrier_hz, 25)), "BS7")

    assert paths.count.sum() == sum(len(part.user) for part in found) > 0
    direct = paths.line_of_sight == 1
    straight = np.linalg.norm(users - site, axis=1)
    np.testing.assert_allclose(paths.delay[direct, 0] * SPEED_OF_LIGHT, straight[direct], rtol=1e-6)
