"""The street's paths agree with an independent computation of mirror images, segment by segment."""

from contextlib import suppress
from itertools import pairwise, product

import numpy as np
import pytest

from robustloc.data.scenes import street
from robustloc.data.scenes.parts.mirror_images import Wall, blocked, images
from robustloc.data.scenes.parts.tracing import Found, arrays

SITE = np.array(street.scene().base_stations["BS2"])
USERS = street.scene().users[:1100].reshape(-1, 3)[::4999]


@pytest.fixture(scope="module")
def found() -> list[Found]:
    """All paths with up to two reflections to 40 users along the whole street."""
    return street.find(SITE, USERS, 3.5e9, 2)


def reflect(point: np.ndarray, wall: Wall) -> np.ndarray:
    """Mirror a point at a wall's line."""
    return point - 2 * ((point - wall.start) @ wall.normal) * wall.normal


def crossing(start: np.ndarray, end: np.ndarray, wall: Wall) -> np.ndarray | None:
    """Return the point where a segment meets a wall, or None."""
    ahead, along = end - start, wall.end - wall.start
    system = np.column_stack([ahead, -along])
    if abs(np.linalg.det(system)) < 1e-12:
        return None
    t, s = np.linalg.solve(system, wall.start - start)
    return start + t * ahead if 0 < t < 1 and 0 <= s <= 1 else None


def brute_force(user: np.ndarray, depth: int) -> set[float]:
    """Return the lengths [m] in the plan of all valid paths to a user, from every sequence of walls."""
    walls, lengths = street.walls(), set()
    for count in range(depth + 1):
        for sequence in product(walls, repeat=count):
            source = SITE[:2]
            mirrored = [source]
            for wall in sequence:
                mirrored.append(reflect(mirrored[-1], wall))
            stops = [user[:2]]
            for wall, image in zip(reversed(sequence), reversed(mirrored), strict=False):
                point = crossing(image, stops[0], wall)
                if point is None or (stops[0] - wall.start) @ wall.normal < 1e-9:
                    break
                stops.insert(0, point)
            else:
                stops.insert(0, source)
                legs = list(pairwise(stops))
                from_front = all((a - w.start) @ w.normal > 0 for (a, _), w in zip(legs, sequence, strict=False))
                free = not any(blocked(a[None], b[None], box)[0] for a, b in legs for box in street.buildings())
                if from_front and free:
                    lengths.add(round(sum(np.linalg.norm(b - a) for a, b in legs), 6))
    return lengths


@pytest.mark.parametrize("user", [0, 7, 19, 33])
def test_no_path_is_missed_or_invented(found: list[Found], user: int) -> None:
    """The tree of images finds exactly the paths of a search over every pair of walls."""
    plan = [np.linalg.norm(part.departure[part.user == user][:, :2], axis=1) for part in found]
    lengths = {round(float(length), 6) for part in plan for length in part}

    assert lengths == brute_force(USERS[user], 2)


def test_ground_doubles_paths(found: list[Found]) -> None:
    """Every path without ground reflection and below the limit has a second path with one ground reflection."""
    for user in range(len(USERS)):
        of_user = [part for part in found if user in part.user]
        rise = np.array([part.departure[part.user == user][0, 2] for part in of_user])
        assert set(np.round(rise, 9)) == {-4.0, -8.0}
        assert (rise == -4).sum() >= (rise == -8).sum()


def test_occlusion() -> None:
    """A segment through a building is blocked; one along its wall, or that ends before it, is not."""
    box = (np.array([0.0, 0.0]), np.array([10.0, 10.0]))
    starts = np.array([[-5.0, 5.0], [-5.0, 0.0], [-5.0, 5.0], [-5.0, 20.0]])
    ends = np.array([[15.0, 5.0], [15.0, 0.0], [-1.0, 5.0], [15.0, 20.0]])

    assert blocked(starts, ends, box).tolist() == [True, False, False, False]


def test_shallow_images_come_first() -> None:
    """The source itself is the first image, and more reflections only add images."""
    few, more = (images(SITE[:2], street.walls(), depth) for depth in (1, 2))

    assert few[0].walls == ()
    assert len(few) < len(more)
    np.testing.assert_array_equal([i.position for i in few], [i.position for i in more[: len(few)]])


def test_strongest_paths_first(found: list[Found]) -> None:
    """Users keep their strongest paths in order, and the direct path has the free-space gain."""
    table = arrays(found, USERS, SITE, 3.5e9, 5)

    power = table["power"].astype(float)
    assert power.shape[1] == 5
    assert (np.diff(np.nan_to_num(power, nan=-999), axis=1) <= 0).all()
    distance = np.linalg.norm(USERS - SITE, axis=1)
    direct = np.array([row[inter == 0][0] for row, inter in zip(power, table["inter"], strict=True)])
    np.testing.assert_allclose(direct, 20 * np.log10(299_792_458.0 / 3.5e9 / (4 * np.pi * distance)), atol=1e-4)


def shoot(azimuth: float, user: np.ndarray, bounces: int) -> tuple[float, np.ndarray]:
    """Follow a ray in the plan from the site to a user, reflected at every wall that it meets.

    Returns:
        Its length [m], and its direction at the user.
    """
    walls, place, ahead, length = street.walls(), SITE[:2], np.array([np.cos(azimuth), np.sin(azimuth)]), 0.0
    for left in range(bounces, -1, -1):
        met = [(crossing(place + 1e-6 * ahead, place + 2000 * ahead, wall), wall) for wall in walls]
        met = [(np.linalg.norm(point - place), wall) for point, wall in met if point is not None]
        reach, wall = min(met, key=lambda hit: hit[0], default=(np.inf, None))
        if left:
            assert wall is not None, "the ray leaves the street"
            place, length = place + reach * ahead, length + reach
            ahead = ahead - 2 * (ahead @ wall.normal) * wall.normal
    along = (user[:2] - place) @ ahead
    assert 0 < along < reach, "a building is in front of the user"
    assert np.linalg.norm(place + along * ahead - user[:2]) < 2e-3, "the ray misses the user"
    return length + along, ahead


def test_every_kept_path_is_a_ray() -> None:
    """A ray from the site along each written path is reflected by walls only and meets its user at the delay."""
    users = USERS[::8]
    table = arrays(street.find(SITE, users, 3.5e9, 3), users, SITE, 3.5e9, 25)
    checked = set()
    for user, path in np.argwhere(np.isfinite(table["power"])):
        own = {name: float(table[name][user, path]) for name in ("aod_az", "aod_el", "aoa_az", "delay", "inter")}
        bounces = len(str(int(own["inter"]))) if own["inter"] else 0
        ways = {}
        for grounds in range(min(bounces, 1) + 1):
            # with a ground reflection, the path falls 6 m to the ground and rises 2 m to the user: 8 m in total
            with suppress(AssertionError):
                length, heading = shoot(np.deg2rad(own["aod_az"]), users[user], bounces - grounds)
                ways[grounds] = (length, 8.0 if grounds else 4.0, heading)
        zeniths = {grounds: 90 + np.rad2deg(np.arctan2(fall, length)) for grounds, (length, fall, _) in ways.items()}
        (grounds,) = [grounds for grounds, zenith in zeniths.items() if abs(zenith - own["aod_el"]) < 1e-4]
        length, fall, heading = ways[grounds]
        assert own["delay"] * 299_792_458.0 == pytest.approx(np.hypot(length, fall), rel=1e-6)
        back = np.deg2rad(own["aoa_az"])
        np.testing.assert_allclose([-np.cos(back), -np.sin(back)], heading, atol=1e-6)
        checked.add((bounces, grounds))
    assert checked == {(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)}


def test_tracing_repeats() -> None:
    """The same scene gives the same arrays to the bit."""
    users = USERS[::8]
    first, second = (arrays(street.find(SITE, users, 3.5e9, 2), users, SITE, 3.5e9, 25) for _ in range(2))

    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])
