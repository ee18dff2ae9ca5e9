"""Split users into parts for training, validation and test, and make the data set of a scenario.

The split depends only on the seed and the users.
"""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.spatial import cKDTree

from robustloc.base.errors import UserError
from robustloc.base.files import from_column, read_metadata, sha256
from robustloc.data.dataset import PARTS, Users, concatenate, read_shard, write_shard
from robustloc.data.paths import NO_PATH

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


def make_data_set(
    shards: list[Path], config: dict, rng: np.random.Generator, *, split_file: Path, test_file: Path, manifest: Path
) -> None:
    """Write the parts, the test users and the manifest of a scenario, with one shard in memory at a time.

    Args:
        shards: the profiles of all users, in their order.
        config: name and sections ``split``, ``scale``, ``blocked_users``, ``channel`` and ``adp`` of the scenario.
        rng: see `split`.
        split_file, test_file, manifest: where to write.

    Raises:
        UserError: see `split`; or no training user has a path.
    """
    names = ("user", "position", "count", "line_of_sight")
    tables = [pq.read_table(path, columns=list(names)) for path in shards]
    user, position, count, sight = (from_column(pa.concat_tables(tables), name) for name in names)
    late_paths, late = sum(read_metadata(path)["late_paths"] for path in shards), ""
    if late_paths:
        late = _late(late_paths, int(count.sum()), int(((count == 0) & (sight != NO_PATH)).sum()), config["channel"])
        print(f"note: {config['scenario']}: {late}", flush=True)
    if not count.any():
        raise UserError(f"no user has a path; {late or 'choose other users or another base station'}")
    eligible = count > 0 if config["blocked_users"] == "drop" else np.ones(len(count), dtype=bool)
    parts = split(position, eligible, rng, **config["split"])
    pq.write_table(pa.table({"user": user, "part": pa.array(parts, pa.int8())}), split_file)
    sizes = [len(table) for table in tables]
    test, peak = _test_users_and_peak(shards, np.split(parts, np.cumsum(sizes)[:-1]))
    if peak == 0:
        raise UserError(f"no training user has a path; {late or 'choose other users or another base station'}")
    write_shard(test_file, [test], test.adp.shape[1:])
    content = {
        "shape": list(test.adp.shape[1:]),
        "users": len(user),
        "users_without_paths": int((count == 0).sum()),
        "late_paths": late_paths,
        "parts": {name: int((parts == part).sum()) for part, name in enumerate(PARTS)},
        "train_and_validation": int(np.isin(parts, (TRAIN, VALIDATION)).sum()),
        "scale": {"name": config["scale"], "peak": peak},
        "conventions": {"channel": config["channel"], "adp": config["adp"]},
        "shards": [
            {"file": f"adp/{path.name}", "users": size, "sha256": sha256(path)}
            for path, size in zip(shards, sizes, strict=True)
        ],
        "split": {"file": "split.parquet", "sha256": sha256(split_file)},
        "test": {"file": "test.parquet", "sha256": sha256(test_file)},
    }
    manifest.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _test_users_and_peak(shards: list[Path], parts: list[np.ndarray]) -> tuple[Users, float]:
    """Collect the test users and find the largest pixel of the training users."""
    test, peak = [], 0.0
    for path, part in zip(shards, parts, strict=True):
        users = read_shard(path)
        test.append(users[part == TEST])
        peak = max(peak, float(users.adp[part == TRAIN].max(initial=0)))
    return concatenate(test), peak


def _late(dropped: int, used: int, users: int, channel: dict) -> str:
    """Say how many paths were dropped, how many users lost all of their paths, and which keys change it."""
    symbol_ns = 1e9 * channel["subcarriers"] / channel["bandwidth_hz"]
    without = f", and so are all paths of {users:,} users" if users else ""
    return (
        f"{dropped:,} of {dropped + used:,} paths are later than the OFDM symbol of {symbol_ns:.4g} ns and are dropped"
        f"{without}; more subcarriers or a smaller bandwidth_hz lengthen the symbol, late_paths: wrap keeps all paths"
    )
