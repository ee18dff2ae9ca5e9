"""Shards, splits and manifests: files are read as written, parts are disjoint, damage is found."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from robustloc.base.errors import UserError
from robustloc.base.files import sha256
from robustloc.data import dataset
from robustloc.data.split import TEST, TRAIN, UNUSED, VALIDATION, make_data_set, split

SHAPE = (4, 3)


def users(first: int, count: int) -> dataset.Users:
    """Made-up users."""
    rng = np.random.default_rng(first)
    index = np.arange(first, first + count)
    adp = rng.random((count, *SHAPE)).astype(np.float32)
    return dataset.Users(index, index // 5 + 1, rng.random((count, 3)), index % 3 - 1, index % 4, adp)


def assert_equal(first: dataset.Users, second: dataset.Users) -> None:
    """Compare all fields to the bit."""
    for name, array in vars(first).items():
        np.testing.assert_array_equal(array, getattr(second, name), err_msg=name)


def test_round_trip(tmp_path: Path) -> None:
    """A shard that is written in batches is read as a whole."""
    path = tmp_path / "shard.parquet"
    dataset.write_shard(path, [users(0, 7), users(7, 5)], SHAPE)

    assert_equal(dataset.read_shard(path), dataset.concatenate([users(0, 7), users(7, 5)]))


def test_no_users(tmp_path: Path) -> None:
    """A share without users makes a valid shard."""
    dataset.write_shard(tmp_path / "shard.parquet", [], SHAPE)

    assert dataset.read_shard(tmp_path / "shard.parquet").adp.shape == (0, *SHAPE)


def test_same_users_same_bytes(tmp_path: Path) -> None:
    """Writing twice gives equal files."""
    for name in ("a", "b"):
        dataset.write_shard(tmp_path / name, [users(0, 6), users(6, 2)], SHAPE)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.fixture
def manifest(tmp_path: Path) -> dataset.Manifest:
    """A data set of two shards: even users are for training, odd ones for validation and test in turn."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = {"shard-0.parquet": users(0, 8), "shard-1.parquet": users(8, 4)}
    for name, content in made.items():
        (tmp_path / "adp").mkdir(exist_ok=True)
        dataset.write_shard(tmp_path / "adp" / name, [content], SHAPE)
    parts = np.array([TRAIN, VALIDATION, TRAIN, TEST] * 3)
    pq.write_table(pa.table({"user": np.arange(12), "part": pa.array(parts, pa.int8())}), tmp_path / "split.parquet")
    dataset.write_shard(tmp_path / "test.parquet", [users(0, 4)[np.array([3])]], SHAPE)
    content = {
        "shape": SHAPE,
        "scale": {"name": "unit", "peak": 2.0},
        "shards": [{"file": f"adp/{n}", "sha256": sha256(tmp_path / "adp" / n)} for n in made],
        **{k: {"file": f"{k}.parquet", "sha256": sha256(tmp_path / f"{k}.parquet")} for k in ("split", "test")},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    return dataset.Manifest.read(tmp_path / "manifest.json")


def test_parts(manifest: dataset.Manifest) -> None:
    """A part holds its users, in order, from all shards."""
    train, validation = manifest.parts("train", "validation")

    assert train.user.tolist() == [0, 2, 4, 6, 8, 10]
    assert validation.user.tolist() == [1, 5, 9]
    assert_equal(train[:4], users(0, 8)[np.array([0, 2, 4, 6])])
    assert manifest.scale.peak == 2.0


def test_file_or_folder(manifest: dataset.Manifest) -> None:
    """A data set is read by its manifest or its folder, as a text or a `Path`; a missing one is named."""
    folder = manifest.path.parent
    for path in (folder, str(folder), str(manifest.path)):
        assert dataset.Manifest.read(path) == manifest

    manifest.path.unlink()
    with pytest.raises(UserError, match=r"manifest\.json: no such file; expected the manifest\.json"):
        dataset.Manifest.read(folder)
    np.savez(folder / "lab.npz", csi=np.zeros(3))
    with pytest.raises(UserError, match=r"lab\.npz: expected the manifest\.json .*, found another file$"):
        dataset.Manifest.read(folder / "lab.npz")


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_damage_is_found(manifest: dataset.Manifest, damage: str) -> None:
    """A shard that changed after the manifest was written is an error."""
    shard = manifest.path.parent / "adp" / "shard-1.parquet"
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    if damage == "remove":
        shard.unlink()
    else:
        shard.write_bytes(content if damage == "flip" else content[:-9])

    with pytest.raises(UserError, match=r"shard-1\.parquet: (expected checksum|the file is missing)"):
        manifest.parts("train")


def grid(rows: int, columns: int, spacing: float) -> np.ndarray:
    """Positions of a user grid [m]."""
    x, y = np.meshgrid(spacing * np.arange(columns), spacing * np.arange(rows))
    return np.column_stack([x.ravel(), y.ravel(), np.full(x.size, 2.0)])


def parts_of(kind: str, seed: int, position: np.ndarray, **options: float) -> np.ndarray:
    """Split all users."""
    eligible = np.ones(len(position), dtype=bool)
    return split(position, eligible, np.random.default_rng(seed), kind=kind, **options)


@pytest.mark.parametrize(("count", "share", "test"), [(199_100, 0.005, 996), (66_550, 0.001, 67)])
def test_paper_counts(count: int, share: float, test: int) -> None:
    """A random split leaves the paper's numbers of samples for training and validation."""
    parts = parts_of("random", 0, np.zeros((count, 3)), validation=0.01, test=share)

    assert (parts == TEST).sum() == test
    assert (parts != TEST).sum() == {996: 198_104, 67: 66_483}[test]


@pytest.mark.parametrize("kind", ["random", "block"])
def test_split_is_stable(kind: str) -> None:
    """The same seed gives the same parts, another seed different ones; every user is in exactly one part."""
    position = grid(40, 40, 0.5)
    options = {"validation": 0.1, "test": 0.2, "block_m": 2.0, "guard_m": 0.6}

    first, again, other = (parts_of(kind, seed, position, **options) for seed in (1, 1, 2))

    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert set(first) <= {TRAIN, VALIDATION, TEST, UNUSED}
    assert 0.2 <= (first == TEST).mean() <= 0.23
    assert 0.1 <= (first == VALIDATION).mean() <= 0.13


def test_blocks_keep_their_distance() -> None:
    """With blocks, no training user is closer to a held-out user than the guard."""
    position = grid(60, 30, 0.2)
    parts = parts_of("block", 3, position, validation=0.1, test=0.1, block_m=1.0, guard_m=0.5)

    held_out = (parts == TEST) | (parts == VALIDATION)
    distance, _ = cKDTree(position[held_out]).query(position[parts == TRAIN])

    assert distance.min() >= 0.5
    assert (parts == UNUSED).any()
    random = parts_of("random", 3, position, validation=0.1, test=0.1)
    nearest, _ = cKDTree(position[random == TRAIN]).query(position[random == TEST])
    assert nearest.max() <= 0.5


def test_blocked_users_can_be_left_out() -> None:
    """Users that are not eligible are in no part."""
    position = grid(10, 10, 1.0)
    eligible = np.arange(100) % 2 == 0

    parts = split(position, eligible, np.random.default_rng(0), kind="random", validation=0.1, test=0.1)

    assert (parts[~eligible] == UNUSED).all()
    assert (parts[eligible] != UNUSED).all()


def test_expected_counts() -> None:
    """Counts that differ from the expected ones are an error that names both."""
    position, eligible = np.zeros((1000, 3)), np.ones(1000, bool)
    options = {"kind": "random", "validation": 0.05, "test": 0.005}

    split(position, eligible, np.random.default_rng(0), **options, expected=[995, 5])
    with pytest.raises(UserError, match=r"split\.expected: expected \[994, 6\] users .* found \[995, 5\]"):
        split(position, eligible, np.random.default_rng(0), **options, expected=[994, 6])


def test_empty_parts_are_refused() -> None:
    """A split without training users is an error."""
    with pytest.raises(UserError, match="no train users left of 6"):
        parts_of("block", 0, grid(2, 3, 0.1), validation=0.1, test=0.1, block_m=5.0)


@pytest.mark.parametrize("blocked", ["keep", "drop"])
def test_made_data_set(tmp_path: Path, blocked: str) -> None:
    """A data set is made of shards: each user in one part, the test users apart, the scale that of training users."""
    (tmp_path / "adp").mkdir()
    made, shards = [users(0, 30), users(30, 10)], [tmp_path / "adp" / f"shard-{n}.parquet" for n in (0, 1)]
    for file, content in zip(shards, made, strict=True):
        dataset.write_shard(file, [content], SHAPE)
    config = {"split": {"kind": "random", "validation": 0.1, "test": 0.2}, "scale": "unit", "blocked_users": blocked}
    config |= {"scenario": "hall", "channel": {"antennas": 4}, "adp": {"convention": "paper"}}
    names = {"split_file": "split.parquet", "test_file": "test.parquet", "manifest": "manifest.json"}

    make_data_set(shards, config, np.random.default_rng(0), **{key: tmp_path / name for key, name in names.items()})

    found = dataset.Manifest.read(tmp_path / "manifest.json")
    parts = dict(zip(("train", "validation", "test"), found.parts("train", "validation", "test"), strict=True))
    assert_equal(found.test(), parts["test"])
    assert found.scale.peak == parts["train"].adp.max()
    together = np.concatenate([part.user for part in parts.values()])
    assert len(set(together)) == len(together) == found.content["users"] - found.content["parts"]["unused"]
    everyone = dataset.concatenate(made)
    assert set(together) == set(everyone.user[(everyone.count > 0) | (blocked == "keep")])
    assert found.content["users_without_paths"] == (everyone.count == 0).sum()
    assert found.inputs(parts["train"]).shape == (len(parts["train"]), 1, *SHAPE)
