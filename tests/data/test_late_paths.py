"""Paths later than the OFDM symbol are dropped, counted, and named where they leave nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
from layouts import write_v4

from robustloc.base.errors import UserError
from robustloc.data import channel, dataset, folder
from robustloc.data.split import make_data_set

SHAPE = (4, 3)


def late(tmp_path: Path, *, shards: list[tuple[int, list[int], list[int]]], blocked: str = "keep") -> None:
    """Make a data set of shards: dropped paths, then of each user the number of paths and the line-of-sight flag."""
    (tmp_path / "adp").mkdir()
    files = [tmp_path / "adp" / f"shard-{n}.parquet" for n in range(len(shards))]
    for file, (dropped, count, sight) in zip(files, shards, strict=True):
        index, adp = np.arange(len(count)), np.ones((len(count), *SHAPE)) * (np.array(count) > 0)[:, None, None]
        place = np.stack([index, index, index], axis=1).astype(float)
        one = dataset.Users(index, index, place, np.array(sight), np.array(count), adp.astype(np.float32))
        dataset.write_shard(file, [one], SHAPE, dropped)
    config = {"split": {"kind": "random", "validation": 0.1, "test": 0.1}, "scale": "unit", "blocked_users": blocked}
    config |= {"scenario": "hall", "channel": {"subcarriers": 8, "bandwidth_hz": 5e8}, "adp": {"convention": "paper"}}
    names = {"split_file": "split.parquet", "test_file": "test.parquet", "manifest": "manifest.json"}
    make_data_set(files, config, np.random.default_rng(0), **{key: tmp_path / name for key, name in names.items()})


LATE = (
    "{} paths are later than the OFDM symbol of 16 ns and are dropped{}; more subcarriers or a smaller bandwidth_hz "
    "lengthen the symbol, late_paths: wrap keeps all paths"
)


@pytest.mark.parametrize("blocked", ["keep", "drop"])
def test_all_paths_are_late(tmp_path: Path, blocked: str) -> None:
    """If nobody has a path because all of them are late, the message has their number, and the keys that change it."""
    shards = [(40, [0] * 9, [1, 0, -2] * 3), (1_160, [0] * 9, [1, 0, -1] * 3)]

    with pytest.raises(UserError) as error:
        late(tmp_path, shards=shards, blocked=blocked)

    assert str(error.value) == "no user has a path; " + LATE.format(
        "1,200 of 1,200", ", and so are all paths of 15 users"
    )


def test_no_path_at_all(tmp_path: Path) -> None:
    """If there are no paths, late or not, the message speaks of users and base stations."""
    with pytest.raises(UserError, match=r"^no user has a path; choose other users or another base station$"):
        late(tmp_path, shards=[(0, [0] * 20, [-1] * 20)])


def test_no_training_user_has_a_path(tmp_path: Path) -> None:
    """The same holds if the only users with a path are not for training."""
    count = [0] * 20
    count[np.random.default_rng(0).permutation(20)[0]] = 3  # the first user that a random split takes for its test
    with pytest.raises(UserError, match=r"^no training user has a path; 60 of 63 paths are later than"):
        late(tmp_path, shards=[(60, count, [1] * 20)])


@pytest.mark.parametrize(("sight", "words"), [(1, ", and so are all paths of 2 users"), (-1, "")])
def test_late_paths_are_noted(tmp_path: Path, capsys: pytest.CaptureFixture, sight: int, words: str) -> None:
    """Dropped paths are noted once per scenario, with their number over all shards; none are not."""
    late(tmp_path, shards=[(3, [2] * 9 + [0], [1] * 9 + [sight]), (4, [1] * 9 + [0], [0] * 9 + [sight])])

    assert capsys.readouterr().out == f"note: hall: {LATE.format('7 of 34', words)}\n"
    assert json.loads((tmp_path / "manifest.json").read_text())["late_paths"] == 7


def test_nothing_is_noted_without_late_paths(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """A scenario without late paths has no note, and zero in the manifest."""
    late(tmp_path, shards=[(0, [1] * 20, [1] * 20)])

    assert capsys.readouterr().out == ""
    assert json.loads((tmp_path / "manifest.json").read_text())["late_paths"] == 0


@pytest.mark.parametrize(("max_paths", "drop"), [(25, "drop"), (2, "drop"), (25, "wrap")])
def test_paths_are_counted(tmp_path: Path, arrays: dict, max_paths: int, drop: str) -> None:
    """Every one of a user's first paths is in the profile or counted as dropped."""
    settings = channel.Channel(subcarriers=8, bandwidth_hz=2e7, max_paths=max_paths, late_paths=drop)
    paths = folder.read(write_v4(tmp_path / "v4", arrays), "BS7")

    used, dropped = channel.used_paths(paths, settings), channel.dropped_paths(paths, settings)

    assert used.sum() + dropped == np.minimum(paths.count, max_paths).sum()
    late = (arrays["delay"][:, :max_paths] * 2e7 / 8 >= 1).sum()  # NaN behind the last path is never late
    assert dropped == (late if drop == "drop" else 0)
    assert late > 0
