"""The room's paths agree with their closed form, and Fresnel coefficients with their limits."""

import numpy as np
import pytest

from robustloc.base.errors import UserError
from robustloc.data.scenes import room
from robustloc.data.scenes.parts import reflection
from robustloc.data.scenes.parts.tracing import arrays, chosen

SITE = np.array(room.scene().base_stations["BS1"])
USERS = room.scene().users[:550].reshape(-1, 3)[::3331]


def test_twenty_five_paths() -> None:
    """A box has 25 paths with at most two reflections."""
    found = room.find(SITE, USERS, 60e9, 2)

    assert [part.bounces for part in found].count(0) == 1
    assert [part.bounces for part in found].count(1) == 6
    assert [part.bounces for part in found].count(2) == 18
    assert np.isfinite(arrays(found, USERS, SITE, 60e9, 25)["power"]).all()


def test_what_a_scene_has() -> None:
    """A base station is found by name or position; errors for a wrong one and for too many rows say what exists."""
    assert chosen(room, 550, "BS1")[1] == chosen(room, 1, SITE.tolist())[1] == "BS1"
    with pytest.raises(UserError, match=r"scene 'room'.*BS1 at"):
        chosen(room, 550, "BS9")
    with pytest.raises(UserError, match=r"raw\.rows: expected at most \d+ rows in scene 'room', found 100000"):
        chosen(room, 100000, "BS1")


def test_single_bounce_by_hand() -> None:
    """The path over the wall at x = 10 leaves towards it, arrives from it, and has the image's distance."""
    user = USERS[0]
    mirror = np.array([20 - SITE[0], *SITE[1:]])
    length = np.linalg.norm(user - mirror)

    paths = [part for part in room.find(SITE, USERS, 60e9, 1) if part.departure[0, 0] > 0]

    (path,) = paths
    assert np.linalg.norm(path.departure[0]) == pytest.approx(length, rel=1e-12)
    assert path.arrival[0, 0] > 0
    # one straight line to the wall and one from it
    share = (10 - SITE[0]) / path.departure[0, 0]
    bounce = SITE + share * path.departure[0]
    back = user + (1 - share) * path.arrival[0]
    np.testing.assert_allclose(bounce, back, rtol=1e-12)


def test_fresnel_limits() -> None:
    """Coefficients are -1 at grazing incidence; at a perfect conductor -1 (perpendicular) and +1 (parallel)."""
    glass, metal = 4.0 + 0j, -1e14j
    grazing, straight = np.array([1e-9]), np.array([1.0])

    assert reflection.perpendicular(grazing, glass)[0] == pytest.approx(-1)
    assert reflection.parallel(grazing, glass)[0] == pytest.approx(-1)
    assert reflection.perpendicular(straight, glass)[0] == pytest.approx(-1 / 3)
    assert reflection.parallel(straight, glass)[0] == pytest.approx(1 / 3)
    assert reflection.perpendicular(straight, metal)[0] == pytest.approx(-1, abs=1e-6)
    assert reflection.parallel(straight, metal)[0] == pytest.approx(1, abs=1e-6)


def test_conductivity() -> None:
    """Concrete at 3.5 GHz has the loss of the ITU's formula."""
    loss = -reflection.CONCRETE.complex_permittivity(3.5e9).imag

    assert loss * 2 * np.pi * 3.5e9 * 8.8541878128e-12 == pytest.approx(0.08987, rel=1e-3)
