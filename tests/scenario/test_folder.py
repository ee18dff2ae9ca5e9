"""Raw folders of each generation give the same paths, and damaged ones a message instead of a result."""

import re
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from made_up import COLUMNS, ROWS, SITE
from scipy.io import loadmat, savemat

from robustloc.errors import UserError
from robustloc.scenario import folder
from robustloc.scenario.paths import NO_PATH, Paths


def assert_equal(first: Paths, second: Paths, tolerance: float = 1e-6) -> None:
    """Compare two sets of paths field by field."""
    for field in fields(Paths):
        a, b = getattr(first, field.name), getattr(second, field.name)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=1e-12, err_msg=field.name)


def test_generations_agree(v3_folder: Path, v4_folder: Path) -> None:
    """A scenario written as v3 and as v4 reads as the same paths."""
    assert_equal(folder.read(v3_folder, "BS7"), folder.read(v4_folder, "BS7"))


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


@pytest.mark.parametrize("kind", ["v3", "v4"])
def test_rows_and_steps(kind: str, request: pytest.FixtureRequest) -> None:
    """Rows are numbered from 1, both ends belong to the range, and steps thin rows and columns."""
    raw = request.getfixturevalue(f"{kind}_folder")

    paths = folder.read(raw, "BS7", rows=[2, 4], row_step=2, column_step=3)

    assert paths.user.tolist() == [COLUMNS, COLUMNS + 3, 3 * COLUMNS, 3 * COLUMNS + 3]
    assert paths.row.tolist() == [2, 2, 4, 4]
    np.testing.assert_allclose(paths.position[:, 1], [1, 1, 3, 3])


@pytest.mark.parametrize("kind", ["v3", "v4"])
def test_first_paths_are_kept(kind: str, request: pytest.FixtureRequest) -> None:
    """A limit keeps the first stored paths of a user and never invents any."""
    raw = request.getfixturevalue(f"{kind}_folder")

    all_paths, few = folder.read(raw, "BS7"), folder.read(raw, "BS7", max_paths=2)

    np.testing.assert_array_equal(few.count, np.minimum(all_paths.count, 2))
    np.testing.assert_array_equal(few.delay, all_paths.delay[:, :2])


def test_base_station_by_position(v3_folder: Path, v4_folder: Path) -> None:
    """A base station is found within 10 cm of its position, whatever its number in the files."""
    for raw in (v3_folder, v4_folder):
        assert len(folder.read(raw, (SITE + 0.05).tolist())) == ROWS * COLUMNS


@pytest.mark.parametrize("wanted", ["BS1", [0.0, 0.0, 6.0]])
def test_wrong_base_station(v4_folder: Path, wanted: object) -> None:
    """A base station that is not there stops with those that are."""
    with pytest.raises(UserError, match=r"BS7 at \(3\.000, -2\.000, 6\.000\)"):
        folder.read(v4_folder, wanted)


def test_files_are_those_read(v3_folder: Path, v4_folder: Path) -> None:
    """The list of files is enough to read the base station, and each of them is needed."""
    for raw in (v3_folder, v4_folder):
        listed = {file.name for file in folder.files(raw, "BS7")}
        for file in raw.iterdir():
            if file.name not in listed:
                file.unlink()
        assert len(folder.read(raw, "BS7")) == ROWS * COLUMNS
        for name in sorted(listed):
            hidden = raw / name
            hidden.rename(raw / "hidden")
            with pytest.raises(UserError):
                folder.read(raw, "BS7")
            (raw / "hidden").rename(hidden)


def put(file: Path, quantity: str, user: int, path: int, value: float) -> None:
    """Change one number of a v4 array file."""
    array = np.load(file)[quantity]
    array[user, path] = value
    np.savez_compressed(file, **{quantity: array})


V4_DAMAGE = [
    ("power", 5, 0, np.nan, r"power_t001.*user 5, path 0.*expected a number.*found nan"),
    ("phase", 5, 3, np.inf, r"phase_t001.*user 5, path 3.*found inf"),
    ("delay", 5, 1, -1e-9, r"delay_t001.*user 5, path 1.*from 0 to inf"),
    ("aod_el", 5, 1, 200.0, r"aod_el_t001.*user 5, path 1.*from 0 to 180"),
    ("aod_az", 2, 4, 10.0, r"user 2.*found nan"),
]


@pytest.mark.parametrize(("quantity", "user", "path", "value", "message"), V4_DAMAGE)
def test_impossible_numbers_v4(
    v4_folder: Path, quantity: str, user: int, path: int, value: float, message: str
) -> None:
    """A number that cannot be names the file, the user, the path and what was expected."""
    put(v4_folder / f"{quantity}_t001_tx000_r000.npz", quantity, user, path, value)

    with pytest.raises(UserError, match=message):
        folder.read(v4_folder, "BS7")


@pytest.mark.parametrize(("line", "value"), [(1, -1e-9), (2, np.nan), (6, 181.0)])
def test_impossible_numbers_v3(v3_folder: Path, line: int, value: float) -> None:
    """The same in a v3 file."""
    file = v3_folder / "BS7_UE_0-9.mat"
    content = {key: array for key, array in loadmat(file).items() if not key.startswith("__")}
    content["channels"][0, 5]["p"][0, 0][line, 0] = value
    savemat(file, content)

    with pytest.raises(UserError, match=r"BS7_UE_0-9\.mat: user 5"):
        folder.read(v3_folder, "BS7")


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 0.99])
@pytest.mark.parametrize("kind", ["v3", "v4"])
def test_truncated_files(kind: str, kept: float, request: pytest.FixtureRequest) -> None:
    """A file that lost its end is named and never read as far as it goes."""
    raw = request.getfixturevalue(f"{kind}_folder")
    for file in folder.files(raw, "BS7"):
        content = file.read_bytes()
        file.write_bytes(content[: int(kept * len(content))])
        with pytest.raises(UserError, match=re.escape(file.name)):
            folder.read(raw, "BS7")
        file.write_bytes(content)


def test_missing_users(v3_folder: Path) -> None:
    """A v3 file whose users do not reach as far as its name says, or is missing, is not read."""
    (v3_folder / "BS7_UE_0-9.mat").rename(v3_folder / "BS7_UE_0-10.mat")
    with pytest.raises(UserError, match="promises 10 users, it holds 9"):
        folder.read(v3_folder, "BS7")

    (v3_folder / "BS7_UE_0-10.mat").unlink()
    with pytest.raises(UserError, match="a file is missing"):
        folder.read(v3_folder, "BS7")


def test_wrong_places(tmp_path: Path, v4_folder: Path) -> None:
    """No folder, a folder of something else, and rows beyond the grid each say what to do."""
    with pytest.raises(UserError, match="no such folder; download"):
        folder.read(tmp_path / "nowhere", "BS1")
    shutil.copy(v4_folder / "tx_pos_t001_tx000_r000.npz", tmp_path)
    with pytest.raises(UserError, match=r"expected params\.mat \(v3\) or params\.json \(v4\)"):
        folder.read(tmp_path, "BS1")
    for look in (folder.read, folder.files):  # before any job, and by the job
        with pytest.raises(UserError, match=r"\[3, 9\] is not within the scenario's rows R1 to R4"):
            look(v4_folder, "BS7", rows=[3, 9])
        with pytest.raises(UserError, match=r"expected the first row before the last, found \[3, 2\]"):
            look(v4_folder, "BS7", rows=[3, 2])
