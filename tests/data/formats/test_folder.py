"""Raw folders of each DeepMIMO generation give the same paths of the selected users."""

import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from layouts import CARRIER_HZ, write_v1, write_v4
from made_up import COLUMNS, ROWS, SITE

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.data import folder
from robustloc.data.paths import NO_PATH, NOT_RECORDED, Paths


def assert_equal(first: Paths, second: Paths, tolerance: float = 1e-6) -> None:
    """Compare two sets of paths field by field."""
    for field in fields(Paths):
        a, b = getattr(first, field.name), getattr(second, field.name)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=1e-12, err_msg=field.name)


def assert_narrowed(paths: Paths, expected: Paths) -> None:
    """Compare to the bit with paths that may have additional empty columns."""
    for field in fields(Paths):
        a, b = getattr(paths, field.name), getattr(expected, field.name)
        wide = b.ndim == 2 and field.name != "position"
        np.testing.assert_array_equal(a, b[:, : a.shape[1]] if wide else b, err_msg=field.name)
        assert not (wide and b[:, a.shape[1] :].any()), field.name


def test_generations_agree(raw: Path, tmp_path: Path, arrays: dict) -> None:
    """A scenario has the same paths in every generation, except for what v1 does not contain."""
    paths, expected = folder.read(raw, "BS7"), folder.read(write_v4(tmp_path / "again", arrays), "BS7")
    if raw.name == "v1":
        assert set(paths.line_of_sight) == {NO_PATH, NOT_RECORDED}
        paths = replace(paths, line_of_sight=expected.line_of_sight, arrival_zenith=expected.arrival_zenith)

    assert_equal(paths, expected)


def test_v1_arrives_as_it_left(tmp_path: Path, arrays: dict) -> None:
    """Without arrival angles, a path's zenith angle at the user equals its angle of departure."""
    paths = folder.read(write_v1(tmp_path / "v1", arrays), "BS7")

    np.testing.assert_array_equal(paths.arrival_zenith, paths.zenith)


def test_values_arrive(v4_folder: Path, arrays: dict) -> None:
    """Decibels, degrees and padding become gains, radians and zeros."""
    paths = folder.read(v4_folder, "BS7")

    present = np.isfinite(arrays["power"])
    np.testing.assert_array_equal(paths.count, present.sum(axis=1))
    np.testing.assert_allclose(20 * np.log10(np.abs(paths.gain[present])), arrays["power"][present], rtol=1e-6)
    np.testing.assert_allclose(np.rad2deg(paths.zenith[present]), arrays["aod_el"][present], rtol=1e-6)
    assert (paths.gain[~present] == 0).all()
    assert paths.line_of_sight[2] == NO_PATH
    assert paths.row.tolist() == [row for row in range(1, ROWS + 1) for _ in range(COLUMNS)]


def test_rows_and_steps(raw: Path) -> None:
    """Rows are numbered from 1, both ends belong to the range, and steps skip rows and columns."""
    paths = folder.read(raw, "BS7", rows=[2, 4], row_step=2, column_step=3)

    assert paths.user.tolist() == [COLUMNS, COLUMNS + 3, 3 * COLUMNS, 3 * COLUMNS + 3]
    assert paths.row.tolist() == [2, 2, 4, 4]
    np.testing.assert_allclose(paths.position[:, 1], [1, 1, 3, 3])
    assert_narrowed(paths, folder.read(raw, "BS7")[paths.user])


def test_shares_are_the_whole(raw: Path) -> None:
    """The shares together are all users in their order, each user once."""
    parts = [folder.read(raw, "BS7", row_step=2, share=share, shares=3) for share in range(3)]

    whole = folder.read(raw, "BS7", row_step=2)
    assert np.concatenate([part.user for part in parts]).tolist() == whole.user.tolist()
    first = 0
    for part in parts:
        assert_narrowed(part, whole[first : first + len(part)])
        first += len(part)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    with pytest.raises(UserError, match=r"shards: expected at most 20, .*, found 21"):
        folder.read(raw, "BS7", share=0, shares=21)


def test_first_paths_are_kept(raw: Path) -> None:
    """A limit keeps the first stored paths of a user and adds none."""
    all_paths, few = folder.read(raw, "BS7"), folder.read(raw, "BS7", max_paths=2)

    np.testing.assert_array_equal(few.count, np.minimum(all_paths.count, 2))
    np.testing.assert_array_equal(few.delay, all_paths.delay[:, :2])


def test_base_station_by_position(raw: Path) -> None:
    """A base station is found within 10 cm of its position, except in v1, which has no positions."""
    wanted = (SITE + 0.05).tolist()
    if raw.name == "v1":
        with pytest.raises(UserError, match="write one of these names or positions: BS7 at an unknown position"):
            folder.read(raw, wanted)
    else:
        assert len(folder.read(raw, wanted)) == ROWS * COLUMNS


def test_carrier(raw: Path) -> None:
    """The carrier frequency is in the files of every generation."""
    assert plugins.load("data.formats", folder.find_format(raw)).carrier_hz(raw) == CARRIER_HZ


@pytest.mark.parametrize("wanted", ["BS1", [0.0, 0.0, 6.0]])
def test_wrong_base_station(v4_folder: Path, wanted: object) -> None:
    """The error for an unknown base station lists the known ones."""
    with pytest.raises(UserError, match=r"BS7 at \(3\.000, -2\.000, 6\.000\)"):
        folder.read(v4_folder, wanted)


def test_files_are_those_read(raw: Path) -> None:
    """The listed files are sufficient to read the base station, and each of them is necessary."""
    listed = {file.name for file in folder.files(raw, "BS7")}
    for file in raw.iterdir():
        if file.name not in listed:
            file.unlink()
    assert len(folder.read(raw, "BS7")) == ROWS * COLUMNS
    assert len(listed) >= 4
    for name in sorted(listed):
        (raw / name).rename(raw / "hidden")
        with pytest.raises(UserError):
            folder.read(raw, "BS7")
        (raw / "hidden").rename(raw / name)


def test_national_grid(tmp_path: Path, arrays: dict) -> None:
    """Coordinates far from the origin would be rounded, and the message names the folder."""
    arrays["rx_pos"] = arrays["rx_pos"] + np.float32([448_262, 5_411_932, 0])
    with pytest.raises(UserError, match=f"^{re.escape(str(tmp_path))}.*: expected coordinates of at most 10000 m"):
        folder.read(write_v4(tmp_path / "utm", arrays), "BS7")
