"""Split users into parts for training, validation and test. The split depends only on the seed and the users."""

import numpy as np
from scipy.spatial import cKDTree

from robustloc.base.errors import UserError
from robustloc.data.dataset import PARTS

TRAIN, VALIDATION, TEST, UNUSED = range(len(PARTS))


def split(
    position: np.ndarray,
    eligible: np.ndarray,
    rng: np.random.Generator,
    *,
    kind: str,
    validation: float,
    test: float,
    block_m: float = 5.0,
    guard_m: float = 1.0,
    expected: list[int] | None = None,
) -> np.ndarray:
    """Assign each user to a part.

    Args:
        position: (N, 3) user positions [m].
        eligible: (N,) True for users that may be used; all others are UNUSED.
        rng: random generator of the assignment.
        kind: ``random`` draws single users, as the paper does; on a fine grid, a test user then has training users
            at a distance of a centimetre. ``block`` assigns whole squares of the floor plan.
        validation: share of the eligible users, rounded up. Blocks are added until they reach the share.
        test: as `validation`.
        block_m: side of a square [m].
        guard_m: training users within this distance of a validation or test user are UNUSED [m]; for blocks only.
        expected: required number of users for training and validation together, and for test.

    Returns:
        (N,) TRAIN, VALIDATION, TEST or UNUSED.

    Raises:
        UserError: a part is empty, or the numbers of users differ from `expected`.
    """
    users = np.flatnonzero(eligible)
    parts = np.full(len(position), UNUSED)
    wanted = {TEST: int(np.ceil(test * len(users))), VALIDATION: int(np.ceil(validation * len(users)))}
    if kind == "random":
        order = rng.permutation(users)
        parts[order] = TRAIN
        parts[order[: wanted[TEST]]] = TEST
        parts[order[wanted[TEST] : wanted[TEST] + wanted[VALIDATION]]] = VALIDATION
    else:
        parts[users] = _blocks(position[users, :2], rng, wanted, block_m, guard_m)
    for part in (TRAIN, VALIDATION, TEST):
        if not (parts == part).any():
            raise UserError(
                f"split: no {PARTS[part]} users left of {len(users)}; use more users, other shares, or smaller blocks"
            )
    found = [int(np.isin(parts, (TRAIN, VALIDATION)).sum()), int((parts == TEST).sum())]
    if expected and found != list(expected):
        raise UserError(
            f"split.expected: expected {expected} users for training with validation and for test, found {found}; "
            "check that the scenario is the intended one, or change users, the shares or split.expected"
        )
    return parts


def _blocks(plan: np.ndarray, rng: np.random.Generator, wanted: dict, block_m: float, guard_m: float) -> np.ndarray:
    squares = np.floor((plan - plan.min(axis=0)) / block_m).astype(int)
    _, square, sizes = np.unique(squares, axis=0, return_inverse=True, return_counts=True)
    order = rng.permutation(len(sizes))
    before = np.cumsum(sizes[order]) - sizes[order]
    kind = np.full(len(sizes), TRAIN)
    kind[order[before < wanted[TEST] + wanted[VALIDATION]]] = VALIDATION
    kind[order[before < wanted[TEST]]] = TEST
    parts = kind[square]
    held_out = parts != TRAIN
    if guard_m > 0 and held_out.any() and not held_out.all():
        distance, _ = cKDTree(plan[held_out]).query(plan[~held_out], distance_upper_bound=guard_m)
        parts[np.flatnonzero(~held_out)[distance < guard_m]] = UNUSED
    return parts
