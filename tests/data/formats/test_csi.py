"""A file of measured channel matrices: what it becomes, and that a faulty one ends in a message and never in data."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from robustloc.base.errors import UserError
from robustloc.data import measurement
from robustloc.data.paths import LINE_OF_SIGHT, NO_LINE_OF_SIGHT, NO_PATH, NOT_RECORDED

USERS, ANTENNAS, SUBCARRIERS = 12, 8, 10
SILENT = 3  # the user without signal


def arrays() -> dict[str, np.ndarray]:
    """A made-up measurement."""
    rng = np.random.default_rng(0)
    csi = rng.normal(size=(USERS, ANTENNAS, SUBCARRIERS)) + 1j * rng.normal(size=(USERS, ANTENNAS, SUBCARRIERS))
    csi[SILENT] = 0
    position = rng.uniform(0, 9, (USERS, 3))
    return {"csi": csi, "position": position, "bandwidth_hz": 2e7, "spacing_wavelengths": 0.5}


def saved(folder: Path, **changes: object) -> Path:
    """Write the measurement with some variables replaced, or left out if they are None."""
    content = {name: value for name, value in (arrays() | changes).items() if value is not None}
    np.savez(folder / "lab.npz", **content)
    return folder / "lab.npz"


@pytest.mark.parametrize("kind", [np.complex64, np.complex128])
def test_values_arrive(tmp_path: Path, kind: type) -> None:
    """Users are numbered in the order of the file; matrices are single precision; array and band are of the file."""
    file, expected = saved(tmp_path, csi=arrays()["csi"].astype(kind)), arrays()

    users, channel = measurement.describe(file)
    found = measurement.read(file)

    assert users == len(found) == USERS
    assert channel == {"antennas": 8, "subcarriers": 10, "bandwidth_hz": 2e7, "spacing_wavelengths": 0.5}
    assert found.user.tolist() == list(range(USERS))
    assert found.csi.dtype == np.complex64
    np.testing.assert_array_equal(found.csi, expected["csi"].astype(np.complex64))
    np.testing.assert_array_equal(found.position, expected["position"])
    silent = np.arange(USERS) == SILENT
    assert found.line_of_sight.tolist() == np.where(silent, NO_PATH, NOT_RECORDED).tolist()


def test_flags_arrive(tmp_path: Path) -> None:
    """Truth values become flags; a user whose paths are all too late may have one; others may be unknown."""
    flags = np.arange(USERS) % 2 == 0
    assert measurement.read(saved(tmp_path, line_of_sight=flags)).line_of_sight.tolist() == flags.astype(int).tolist()

    flags = np.resize([LINE_OF_SIGHT, NO_LINE_OF_SIGHT, NOT_RECORDED], USERS)
    flags[SILENT] = NO_PATH
    assert measurement.read(saved(tmp_path, line_of_sight=flags)).line_of_sight.tolist() == flags.tolist()


def test_shares_are_the_whole(tmp_path: Path) -> None:
    """The shares together are all users in their order."""
    file = saved(tmp_path)
    parts = [measurement.read(file, share=share, shares=5) for share in range(5)]

    whole = measurement.read(file)
    for name in ("user", "position", "line_of_sight", "csi"):
        np.testing.assert_array_equal(np.concatenate([getattr(part, name) for part in parts]), getattr(whole, name))


def changed(name: str, *place: int, value: object) -> Callable[[], dict]:
    """Replace one element of a variable."""

    def change() -> dict:
        array = arrays()[name]
        array[place] = value
        return {name: array}

    return change


def copied() -> dict:
    """The matrix of user 2 again at user 9, as when a receiver repeats its last estimate."""
    csi = arrays()["csi"]
    csi[9] = csi[2]
    return {"csi": csi}


# fault: the changed variables, and what the message must contain
CSI, POSITION = arrays()["csi"], arrays()["position"]
FAULTS = {
    "no matrices": ({"csi": None}, r"expected csi \(N, .*; found bandwidth_hz, position, .*; add csi"),
    "no positions": ({"position": None}, "add position"),
    "no bandwidth and spacing": ({"bandwidth_hz": None, "spacing_wavelengths": None}, "add bandwidth_hz, spacing"),
    "flags under another name": (
        {"los": np.ones(USERS)},
        r"optionally line_of_sight .*found also los; remove or rename",
    ),
    "two dimensions": ({"csi": CSI[:, 0]}, r"csi: expected complex .*found complex128 of shape \(12, 10\)"),
    "two polarisations": ({"csi": CSI[:, None]}, r"csi: expected complex .*\(12, 1, 8, 10\)"),
    "magnitudes": ({"csi": np.abs(CSI)}, r"csi: expected complex numbers .*found float64 .*a \+ 1j \* b"),
    "real pairs": ({"csi": np.stack([CSI.real, CSI.imag], axis=-1)}, r"found float64 of shape \(12, 8, 10, 2\)"),
    "objects": ({"csi": np.array([None, 1])}, "csi: expected complex numbers .*found object"),
    "no users": ({"csi": CSI[:0], "position": POSITION[:0]}, r"csi: expected users, .*found shape \(0, 8, 10\)"),
    "few antennas": ({"csi": CSI[:, :6]}, r"at least 8 antennas .*found shape \(12, 6, 10\)"),
    "odd antennas": ({"csi": np.repeat(CSI, 2, axis=1)[:, :9]}, r"an even number of antennas .*\(12, 9, 10\)"),
    "few subcarriers": ({"csi": CSI[:, :, :7]}, r"8 subcarriers, found shape \(12, 8, 7\); the axes are \(users, ant"),
    "no height": ({"position": POSITION[:, :2]}, r"position: expected shape \(12, 3\), .*found \(12, 2\)"),
    "positions of other users": ({"position": POSITION[:11]}, r"position: expected shape \(12, 3\), .*found \(11, 3\)"),
    "complex positions": ({"position": POSITION + 0j}, r"position: expected numbers \[m\], found complex128"),
    "named positions": ({"position": POSITION.astype(str)}, r"position: expected numbers \[m\], found <U"),
    "bandwidth in a text": ({"bandwidth_hz": "20 MHz"}, "bandwidth_hz: expected one number .*'20 MHz'"),
    "bandwidth of zero": ({"bandwidth_hz": 0.0}, r"bandwidth_hz: expected one number greater than 0, found \[0\.0\]"),
    "bandwidth unknown": ({"bandwidth_hz": np.nan}, r"bandwidth_hz: .*found \[nan\]"),
    "several bandwidths": ({"bandwidth_hz": [1e7, 2e7]}, r"bandwidth_hz: expected one number"),
    "negative spacing": ({"spacing_wavelengths": -0.5}, r"spacing_wavelengths: .*found \[-0\.5\]"),
    "infinite spacing": ({"spacing_wavelengths": np.inf}, "spacing_wavelengths: expected one number"),
    "missing estimate": (changed("csi", 4, 2, 1, value=np.nan), r"csi: expected finite .*at user 4 \(1 of 12 users\)"),
    "overflow": (changed("csi", 5, 0, 0, value=1e300), "csi: expected finite numbers below 1e38, .*user 5"),
    "national grid": (
        {"position": POSITION + np.array([448_262, 5_411_932, 0])},
        "expected coordinates of at most 10000 m, .*subtr",
    ),
    "one place": (
        {"position": 0 * POSITION + 5},
        r"expected users at different positions, found 12 at \[5.0, 5.0, 5.0\]",
    ),
    "lost position": (changed("position", 7, 1, value=np.inf), "position: expected finite .*at user 7"),
    "raw counts": ({"csi": 1e15 * CSI}, r"csi: expected a largest magnitude from 1e-12 to 1e\+12, found .*same factor"),
    "tiny unit": ({"csi": 1e-15 * CSI}, "csi: expected a largest magnitude"),
    "nothing but silence": ({"csi": 0 * CSI}, "csi: expected a largest magnitude .*found 0"),
    "repeated estimate": (copied, "csi: expected a matrix of its own .*users 2 and 9; .*remove one"),
    "flags of other users": ({"line_of_sight": np.ones(11)}, r"line_of_sight: expected 1 .*found shape \(11,\)"),
    "unknown flag": ({"line_of_sight": np.full(USERS, 2)}, r"line_of_sight: .*values \[2\]"),
    "missing flags": ({"line_of_sight": np.full(USERS, np.nan)}, r"line_of_sight: .*values \[nan\]"),
    "flag in a text": ({"line_of_sight": np.full(USERS, "los")}, r"line_of_sight: .*values \['los'\]"),
    "heard without a path": ({"line_of_sight": np.full(USERS, NO_PATH)}, "line_of_sight: .*found it at user 0"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults(tmp_path: Path, fault: str) -> None:
    """The message names the file, the variable, what was expected and what was found."""
    change, message = FAULTS[fault]
    file = saved(tmp_path, **(change() if callable(change) else change))

    for share in (0, 1):  # a fault in one share ends all of them
        with pytest.raises(UserError, match=f"(?s)^{re.escape(str(file))}: .*{message}"):
            measurement.read(file, share=share, shares=2)


@pytest.mark.parametrize("fault", ["named positions", "lost position", "flags of other users", "unknown flag"])
def test_small_variables_are_checked_while_planning(tmp_path: Path, fault: str) -> None:
    """A fault outside the matrices needs no job to be found."""
    change, message = FAULTS[fault]

    with pytest.raises(UserError, match=message):
        measurement.describe(saved(tmp_path, **(change() if callable(change) else change)))


def test_planning_reads_no_matrix(tmp_path: Path) -> None:
    """The description needs the headers alone: it is the same for a file whose matrices are damaged."""
    file = saved(tmp_path)
    expected, content = measurement.describe(file), bytearray(file.read_bytes())
    middle = content.index(b"csi.npy") + 2000
    content[middle : middle + 8] = bytes(8)
    file.write_bytes(content)

    assert measurement.describe(file) == expected
    with pytest.raises(UserError, match=r"lab\.npz: not a readable \.npz file .*save it again"):
        measurement.read(file)


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_truncated(tmp_path: Path, kept: float) -> None:
    """A truncated or empty file is an error that names it."""
    file = saved(tmp_path)
    file.write_bytes(file.read_bytes()[: int(kept * file.stat().st_size)])

    with pytest.raises(UserError, match=r"lab\.npz: not a readable \.npz file"):
        measurement.describe(file)


def test_other_files(tmp_path: Path) -> None:
    """A missing file, one array instead of an archive, and an unknown kind of file are named."""
    np.save(tmp_path / "one.npy", CSI)
    (tmp_path / "one.npy").rename(tmp_path / "one.npz")
    (tmp_path / "lab.mat").touch()

    for name, message in {
        "no.npz": r"no\.npz: no such file; save .* data_folder or raw\.csi",
        "one.npz": r"one\.npz: not a readable \.npz file",
        "lab.mat": r"lab\.mat: expected a file named \*\.npz, \*\.h5 or \*\.hdf5",
        "": r"expected a file named \*\.npz",
    }.items():
        with pytest.raises(UserError, match=message):
            measurement.describe(tmp_path / name)


def test_hdf5_through_h5py(tmp_path: Path) -> None:
    """An HDF5 file holds the same variables."""
    h5py = pytest.importorskip("h5py", reason="h5py is not installed; the next tests have a stand-in")
    with h5py.File(tmp_path / "lab.h5", "w") as content:
        content.update(arrays())

    assert measurement.describe(tmp_path / "lab.h5") == measurement.describe(saved(tmp_path))
    np.testing.assert_array_equal(measurement.read(tmp_path / "lab.h5").csi, arrays()["csi"].astype(np.complex64))
    with h5py.File(tmp_path / "lab.h5", "a") as content:
        content.create_group("line_of_sight")
    with pytest.raises(UserError, match=r"lab\.h5: not a readable \.h5 file"):
        measurement.read(tmp_path / "lab.h5")


@pytest.mark.parametrize("suffix", [".h5", ".hdf5"])
def test_hdf5(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    """HDF5 files are opened by h5py and go through the same checks; it is asked for if it is missing."""
    content, file = {name: np.asarray(value) for name, value in arrays().items()}, tmp_path / f"lab{suffix}"
    file.touch()

    @contextmanager
    def opened(path: Path) -> Iterator[dict]:
        assert path == file
        yield content

    monkeypatch.setitem(sys.modules, "h5py", SimpleNamespace(File=opened))
    assert len(measurement.read(file)) == USERS
    content["csi"] = content["csi"].real
    with pytest.raises(UserError, match="csi: expected complex numbers"):
        measurement.read(file)

    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(UserError, match=rf"lab\{suffix}: HDF5 is read by h5py; install it \(pip install h5py\), or"):
        measurement.describe(file)
