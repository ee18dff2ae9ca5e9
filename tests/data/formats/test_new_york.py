"""The real city: three generations of the same ray tracing give the same profiles."""

from pathlib import Path

import numpy as np
import pytest

from robustloc.data import folder, profile
from robustloc.data.channel import Channel
from robustloc.data.transform import CONVENTIONS

SITES = {"BS1": (37.0504, 28.9024, 6.0), "BS2": (-49.9942, 31.0149, 6.0), "BS3": (12.4973, 5.82592, 6.0)}
WITH_PATHS = {"BS1": 1014, "BS2": 694, "BS3": 916}


@pytest.mark.parametrize("name", SITES)
def test_generations_agree(city: Path, name: str) -> None:
    """v2 and v3 by position and v4 by name have equal profiles to 1e-4 of the peak, and the published users."""
    wanted = {"new_york_v2": SITES[name], "new_york_v3": SITES[name], "new_york_v4": name}
    v2, v3, v4 = (folder.read(city / generation, site) for generation, site in wanted.items())
    profiles = [profile.from_paths(paths, Channel(), CONVENTIONS["paper"]) for paths in (v2, v3, v4)]

    for paths in (v2, v3, v4):
        assert len(paths) == 5148
        assert (paths.count > 0).sum() == WITH_PATHS[name]
        for field in ("user", "row", "count", "line_of_sight"):
            np.testing.assert_array_equal(getattr(paths, field), getattr(v4, field), err_msg=field)
    for one in profiles[:2]:
        assert np.abs(one - profiles[2]).max() <= 1e-4 * profiles[2].max()


def test_line_of_sight_delay(city: Path) -> None:
    """A line-of-sight path has the delay of light over the distance, 0.03 % slower in the ray tracer's air."""
    paths = folder.read(city / "new_york_v4", "BS1")
    direct = paths.line_of_sight == 1

    distance = np.linalg.norm(paths.position[direct] - SITES["BS1"], axis=1)

    assert direct.sum() > 100
    np.testing.assert_allclose(paths.delay[direct, 0] * 299_792_458.0, 1.00032 * distance, rtol=3e-5)
