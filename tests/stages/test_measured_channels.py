"""From a file of channel matrices to shards, data set and channel matrices for attacks, stage by stage."""

from pathlib import Path

import numpy as np
import pytest
from made_up import make_paths

from robustloc.base.files import Files
from robustloc.data import channel, profile
from robustloc.data.channel_matrices import read_channels
from robustloc.data.dataset import Manifest, concatenate, read_shard
from robustloc.data.paths import NO_PATH, NOT_RECORDED
from robustloc.data.transform import CONVENTIONS, from_matrix
from robustloc.stages import csi, shard, split

USERS, SHARDS = 90, 2
SETTINGS = {"antennas": 8, "spacing_wavelengths": 0.5, "subcarriers": 10, "bandwidth_hz": 2e7}
SPLIT = {"kind": "random", "validation": 0.1, "test": 0.2}
PATHS = make_paths(np.arange(USERS) % 6, width=5, longest_s=4e-7)  # every sixth user has no path


@pytest.fixture(params=CONVENTIONS)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The data set and the channel matrices of a file with the channels of made-up paths."""
    matrices = channel.matrix(PATHS, channel.Channel(**SETTINGS))
    band = {name: SETTINGS[name] for name in ("bandwidth_hz", "spacing_wavelengths")}
    np.savez(tmp_path / "lab.npz", csi=matrices, position=PATHS.position, **band)
    raw, config = Files(raw=[tmp_path / "lab.npz"]), {"channel": SETTINGS, "adp": {"convention": request.param}}
    (tmp_path / "adp").mkdir()
    shards = [tmp_path / f"adp/shard-{number}.parquet" for number in range(SHARDS)]
    for number, file in enumerate(shards):
        shard.run({**config, "shard": number, "shards": SHARDS}, raw, Files(shard=[file]))
    named = config | {"scenario": "lab", "seed": 0}
    files = {name: [tmp_path / f"{name}.parquet"] for name in ("split", "test")} | {
        "manifest": [tmp_path / "manifest.json"]
    }
    chosen = {"split": SPLIT, "scale": "db", "blocked_users": "keep"}
    split.run(named | chosen, Files(shards=shards), Files(files))
    csi.run(named | {"examples": 7}, Files(raw | {"split": files["split"]}), Files(csi=[tmp_path / "csi.parquet"]))
    return tmp_path


def test_profiles_are_those_of_the_paths(made: Path) -> None:
    """Profiles of the matrices equal the profiles of their paths; users without signal are counted as such."""
    manifest = Manifest.read(made)
    found = concatenate([read_shard(made / f"adp/shard-{number}.parquet") for number in range(SHARDS)])
    expected = profile.from_paths(PATHS, channel.Channel(**SETTINGS), manifest.convention)

    np.testing.assert_allclose(found.adp, expected, rtol=0, atol=1e-6 * expected.max())
    assert found.user.tolist() == list(range(USERS))
    assert set(found.row) == {1}
    np.testing.assert_array_equal(found.position, PATHS.position)
    assert found.count.tolist() == (PATHS.count > 0).astype(int).tolist()
    assert found.line_of_sight.tolist() == np.where(PATHS.count > 0, NOT_RECORDED, NO_PATH).tolist()
    assert manifest.content["users_without_paths"] == USERS // 6
    assert manifest.channel == channel.Channel(**SETTINGS)


def test_attacks_in_front_of_the_profile_get_the_measured_matrices(made: Path) -> None:
    """They have all test users in the order of the data set, and as many training users as wanted."""
    manifest, (test, train) = Manifest.read(made), read_channels(made / "csi.parquet", "test", "train")
    users, learnt = manifest.test(), manifest.parts("train")[0].user

    assert test.user.tolist() == users.user.tolist()
    assert len(train.user) == 7
    assert set(train.user) <= set(learnt)
    for found in (test, train):
        expected = channel.matrix(PATHS[found.user], manifest.channel).astype(np.complex64)
        np.testing.assert_array_equal(found.csi, expected)
        np.testing.assert_array_equal(found.position, PATHS.position[found.user])
    np.testing.assert_array_equal(users.adp, from_matrix(test.csi, manifest.convention).astype(np.float32))
