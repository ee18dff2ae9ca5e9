"""Damaged, confused and incomplete raw files end in a message that names the file, and never in a result."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from layouts import WRITERS, write_v2, write_v3
from scipy.io import loadmat, savemat

from robustloc.base.errors import UserError
from robustloc.data import folder


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 0.99])
def test_truncated_and_empty(raw: Path, kept: float) -> None:
    """A truncated or empty file is an error that names it; its first part is not read."""
    for file in folder.files(raw, "BS7"):
        content = file.read_bytes()
        file.write_bytes(content[: int(kept * len(content))])
        with pytest.raises(UserError, match=re.escape(file.name)):
            folder.read(raw, "BS7")
        file.write_bytes(content)


def content(file: Path) -> dict[str, np.ndarray]:
    """Load a MATLAB file's variables."""
    return {key: array for key, array in loadmat(file).items() if not key.startswith("__")}


def flat(variable: str, place: int, value: float) -> Callable[[Path], None]:
    """Change one number of a flat vector at an index relative to the first path of user 5 (v1, v2)."""

    def damage(file: Path) -> None:
        vector = np.ravel(content(file)[variable])
        start = 1
        for _ in range(5):
            start += 2 + 4 * int(vector[start + 1])
        vector[start + 2 + place] = value
        savemat(file, {variable: vector})

    return damage


def cut(variable: str, end: int) -> Callable[[Path], None]:
    """Drop the end of an array (v1, v2)."""
    return lambda file: savemat(file, {variable: content(file)[variable].squeeze()[:end]})


def put(quantity: str, user: int, path: int, value: float) -> Callable[[Path], None]:
    """Change one number of an array file (v4)."""

    def damage(file: Path) -> None:
        array = np.load(file)[quantity]
        array[user, path] = value
        np.savez_compressed(file, **{quantity: array})

    return damage


def line(row: int, value: float) -> Callable[[Path], None]:
    """Change the first path of user 5 (v3)."""

    def damage(file: Path) -> None:
        own = content(file)
        own["channels"][0, 5]["p"][0, 0][row, 0] = value
        savemat(file, own)

    return damage


CIR, DOD, DOA = "made.7.CIR.mat", "made.7.DoD.mat", "made.7.DoA.mat"
# generation, file, damage, message
DAMAGE = [
    ("v1", CIR, flat("CIR_array_full", 1, np.nan), r"user 5, path 0: expected a finite phase, found nan"),
    ("v2", CIR, flat("CIR_array_full", 2, -1e-9), r"user 5, path 0: expected delay from 0 to 0\.001"),
    ("v2", DOD, flat("DoD_array_full", 6, 181.0), r"user 5, path 1: expected zenith from 0 to 180"),
    ("v2", DOA, flat("DoA_array_full", 1, np.inf), r"user 5, path 0: expected a finite azimuth"),
    ("v2", CIR, flat("CIR_array_full", 0, 3.0), r"every user's paths to be numbered from 1"),
    ("v2", CIR, flat("CIR_array_full", -1, -2.0), r"expected the number and the count of paths of user 5, found"),
    ("v2", CIR, flat("CIR_array_full", -1, np.nan), r"expected the number and the count of paths of user 5, found"),
    ("v2", CIR, flat("CIR_array_full", -1, 4.0), r"(numbered from 1|count of paths of user 6)"),
    ("v2", CIR, cut("CIR_array_full", -3), r"ends within the paths of user 19; truncated"),
    ("v2", CIR, cut("CIR_array_full", 1), r"count of paths of user 0, found the end"),
    ("v2", CIR, cut("CIR_array_full", 0), r"expected the 20 users of user_grids, found no users"),
    ("v2", "made.Loc.mat", cut("Loc_array_full", 15), r"for each of the 20 users of user_grids, found .*\(15, 6\)"),
    (
        "v2",
        "made.TX_Loc.mat",
        cut("TX_Loc_array_full", 6),
        r"one line .* for each of 7 base stations, found .*\(6, 6\)",
    ),
    ("v2", "made.7.LoS.mat", cut("LOS_tag_array_full", 15), r"expected the number of users and one tag"),
    ("v3", "BS7_UE_0-9.mat", line(1, -1e-9), r"user 5, path 0: expected delay from 0 to 0\.001"),
    ("v3", "BS7_UE_0-9.mat", line(2, np.nan), r"user 5, path 0: expected power"),
    ("v3", "BS7_UE_0-9.mat", line(6, 181.0), r"user 5, path 0: expected zenith from 0 to 180"),
    ("v4", "power_t001_tx000_r000.npz", put("power", 5, 0, np.nan), r"user 5, path 0: expected power.*found nan"),
    ("v4", "phase_t001_tx000_r000.npz", put("phase", 5, 3, np.inf), r"path 3: .* finite phase, found inf"),
    ("v4", "delay_t001_tx000_r000.npz", put("delay", 5, 1, -1e-9), r"user 5, path 1.*from 0 to 0\.001"),
    ("v4", "aod_el_t001_tx000_r000.npz", put("aod_el", 5, 1, 200.0), r"user 5, path 1.*from 0 to 180"),
    ("v4", "aod_az_t001_tx000_r000.npz", put("aod_az", 2, 4, 10.0), r"power_.*user 2, path 0: .*; other files"),
]


@pytest.mark.parametrize(
    ("generation", "name", "damage", "message"), DAMAGE, ids=[f"{d[0]}-{d[1]}-{i}" for i, d in enumerate(DAMAGE)]
)
def test_impossible_content(
    generation: str, name: str, damage: Callable, message: str, tmp_path: Path, arrays: dict
) -> None:
    """An impossible value is an error that names the file, the user and the expected values."""
    raw = WRITERS[generation](tmp_path / generation, arrays)
    damage(raw / name)

    for share in range(2):  # the share without the damaged user fails as well
        with pytest.raises(UserError, match=message):
            folder.read(raw, "BS7", share=share, shares=2)


def test_paths_of_another_file(tmp_path: Path, arrays: dict) -> None:
    """Departures of another base station have different numbers of paths, which is an error."""
    raw = write_v2(tmp_path / "v2", arrays)
    other = {name: array[::-1] for name, array in arrays.items() if name != "tx_pos"}
    shutil.copy(write_v2(tmp_path / "other", other) / DOD, raw)

    with pytest.raises(UserError, match=r"made\.7\.DoD\.mat: user \d+ has a different number of paths in the CIR"):
        folder.read(raw, "BS7")


def test_tags_of_another_base_station(tmp_path: Path, arrays: dict) -> None:
    """Line-of-sight tags that mark users with paths as blocked are an error."""
    raw = write_v2(tmp_path / "v2", arrays)
    savemat(raw / "made.7.LoS.mat", {"LOS_tag_array_full": np.append(20, np.full(20, -1)).astype(np.int32)})

    with pytest.raises(UserError, match=r"made\.7\.LoS\.mat: .*the file may belong to another base station"):
        folder.read(raw, "BS7")


def test_misaligned_users(tmp_path: Path, arrays: dict) -> None:
    """A vector without its first user is an error, and users do not get their neighbours' paths."""
    raw = write_v2(tmp_path / "v2", arrays)
    for name, variable in ((CIR, "CIR_array_full"), (DOD, "DoD_array_full"), (DOA, "DoA_array_full")):
        vector = np.ravel(content(raw / name)[variable])
        rest = vector[3 + 4 * int(vector[2]) :]
        savemat(raw / name, {variable: np.concatenate([[20.0], rest, [20.0, 0.0]])})

    with pytest.raises(UserError, match=r"expected the number and the count of paths of user 0, found \[2\.0"):
        folder.read(raw, "BS7")


def test_angles_in_place_of_responses(tmp_path: Path, arrays: dict) -> None:
    """A file of angles with the name of the channel responses contains impossible delays."""
    raw = write_v2(tmp_path / "v2", arrays)
    shutil.copy(raw / DOD, raw / CIR)

    with pytest.raises(UserError, match=r"made\.7\.CIR\.mat: user 0, path 0: expected delay from 0 to 0\.001"):
        folder.read(raw, "BS7")


@pytest.mark.parametrize(("generation", "name"), [("v2", "made.params.mat"), ("v3", "params.mat")])
def test_wrong_parameters(generation: str, name: str, tmp_path: Path, arrays: dict) -> None:
    """User grids that do not fit the files, and parameters that are not numbers, are errors."""
    raw = WRITERS[generation](tmp_path / generation, arrays)
    right = content(raw / name)
    wrong = (
        ({"user_grids": np.array([[1, 4, 4]])}, r"user_grids"),
        ({"user_grids": np.array([[1, np.nan, 5]])}, r"in user_grids, found"),
        ({"transmit_power": np.nan}, r"expected one finite number as transmit_power, found \[nan\]"),
        ({"transmit_power": np.zeros(0)}, r"expected one finite number as transmit_power, found \[\]"),
    )
    for change, message in wrong:
        savemat(raw / name, right | change)
        with pytest.raises(UserError, match=message):
            folder.read(raw, "BS7")


def test_hidden_files_are_other_programs(raw: Path) -> None:
    """Hidden files that an operating system adds are ignored."""
    for file in [*raw.iterdir()]:
        (raw / f"._{file.name}").write_bytes(b"")

    assert len(folder.read(raw, "BS7")) == 20


def test_wrong_generation(tmp_path: Path, arrays: dict) -> None:
    """Two formats or two scenarios in one folder, or a file with another file's name, are errors."""
    old, new = write_v2(tmp_path / "v2", arrays), write_v3(tmp_path / "v3", arrays)
    shutil.copy(new / "BS7_UE_0-9.mat", old / CIR)
    with pytest.raises(UserError, match=r"made\.7\.CIR\.mat: expected a row of numbers"):
        folder.read(old, "BS7")

    shutil.copy(old / DOA, new / "BS7_UE_0-9.mat")
    with pytest.raises(UserError, match=r"BS7_UE_0-9\.mat: expected channels, rx_locs, found DoA_array_full"):
        folder.read(new, "BS7")

    shutil.copy(new / "params.mat", old)
    with pytest.raises(
        UserError,
        match=r"expected the files of one format, found .* v1 or v2 and DeepMIMO v3; unpack each scenario",
    ):
        folder.read(old, "BS7")

    (old / "params.mat").rename(old / "O1_28.params.mat")
    with pytest.raises(UserError, match=r"expected the files of one scenario, found files of O1_28, made"):
        folder.read(old, "BS7")


def test_matlab_7_3(tmp_path: Path, arrays: dict) -> None:
    """The error for a file in MATLAB's HDF5 format says how to save it again."""
    raw = write_v2(tmp_path / "v2", arrays)
    head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    (raw / CIR).write_bytes(head.ljust(512) + b"\x89HDF\r\n\x1a\n" + bytes(512))

    with pytest.raises(UserError, match=r"made\.7\.CIR\.mat: saved in the MATLAB 7\.3 format; .*'-v7'"):
        folder.read(raw, "BS7")


def test_missing_users(v3_folder: Path) -> None:
    """A v3 file with fewer users than its name promises, or a missing one, is an error."""
    (v3_folder / "BS7_UE_0-9.mat").rename(v3_folder / "BS7_UE_0-10.mat")
    with pytest.raises(UserError, match="promises 10 users, it contains 9"):
        folder.read(v3_folder, "BS7")

    (v3_folder / "BS7_UE_0-10.mat").unlink()
    with pytest.raises(UserError, match=r"BS7_UE_0-9\.mat: expected this file of the scenario, found no such file"):
        folder.read(v3_folder, "BS7")


def test_wrong_places(tmp_path: Path, v4_folder: Path) -> None:
    """A missing folder, a folder of something else and rows outside the grid are errors with advice."""
    with pytest.raises(
        UserError,
        match=r"no such folder; download the DeepMIMO scenario nowhere (.*\n)*.*v1 or v2: nowhere\.params\.mat",
    ):
        folder.read(tmp_path / "nowhere", "BS1")
    (tmp_path / "other").mkdir()
    shutil.copy(v4_folder / "tx_pos_t001_tx000_r000.npz", tmp_path / "other")
    with pytest.raises(UserError, match=r"expected a scenario folder, found tx_pos_t001(.*\n)*.*v3: params\.mat, BS"):
        folder.read(tmp_path / "other", "BS1")
    for look in (folder.read, folder.files):  # used by planning and by the job
        with pytest.raises(UserError, match=r"expected rows from 1 to 4, the rows of the scenario, found \[3, 9\]"):
            look(v4_folder, "BS7", rows=[3, 9])
        with pytest.raises(UserError, match=r"expected a first row that is at most the last row, found \[3, 2\]"):
            look(v4_folder, "BS7", rows=[3, 2])
