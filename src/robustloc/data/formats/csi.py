"""Channel matrices of one base station in one file: a NumPy archive, or HDF5 where h5py is installed.

docs/data.md says what each variable means and how a measurement becomes such a file.
"""

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from robustloc.base.errors import UserError
from robustloc.data.measurement import Measurement
from robustloc.data.paths import LINE_OF_SIGHT, NO_LINE_OF_SIGHT, NO_PATH, NOT_RECORDED, SIGHT

TITLE = "measured channel matrices"
NEEDS = (
    "csi (N, antennas, subcarriers) complex, position (N, 3) [m], bandwidth_hz, spacing_wavelengths; optionally "
    "line_of_sight (N,)"
)
REQUIRED, OPTIONAL = ("csi", "position", "bandwidth_hz", "spacing_wavelengths"), ("line_of_sight",)
HDF5 = (".h5", ".hdf5")
# Limits of the largest magnitude. The squares of magnitudes far outside of them are not single precision numbers.
SMALLEST, LARGEST = 1e-12, 1e12


def is_measured(file: Path) -> bool:
    """Say whether a file is a NumPy archive with channel matrices; HDF5 files are not looked into."""
    return "csi.npy" in _arrays(file)


def is_candidate(file: Path) -> bool:
    """Say whether a file may be meant as channel matrices: HDF5, or an archive, damaged or of several arrays."""
    return file.suffix in HDF5 or (file.suffix == ".npz" and (is_measured(file) or len(_arrays(file)) != 1))


def _arrays(file: Path) -> list[str]:
    """List the arrays in a NumPy archive; empty for other files."""
    if file.suffix != ".npz" or not zipfile.is_zipfile(file):
        return []
    with zipfile.ZipFile(file) as archive:
        return archive.namelist()


def describe(file: Path) -> tuple[int, dict[str, float]]:
    """Return the number of users, and array and waveform by the names of `Channel`; checks all but the matrices."""
    with _opened(file) as content:
        _check_names(file, sorted(content))
        shape, kind = _header(content, "csi")
        bandwidth, spacing = (
            _positive(file, name, content[name][()]) for name in ("bandwidth_hz", "spacing_wavelengths")
        )
        position, flags = content["position"][()], _flags(content)
    if len(shape) != 3 or kind.kind != "c":
        raise UserError(
            f"{file}: csi: expected complex numbers of shape (users, antennas, subcarriers), found {kind} of shape "
            f"{shape}; two real arrays a and b become a + 1j * b"
        )
    users, antennas, subcarriers = shape
    if antennas < 8 or antennas % 2 or subcarriers < 8 or not users:
        raise UserError(
            f"{file}: csi: expected users, an even number of antennas and at least 8 antennas and 8 subcarriers, found "
            f"shape {shape}; the axes are (users, antennas, subcarriers)"
        )
    _check_positions(file, position, users)
    _check_flags(file, flags, users)
    return users, {
        "antennas": antennas,
        "spacing_wavelengths": spacing,
        "subcarriers": subcarriers,
        "bandwidth_hz": bandwidth,
    }


def _check_names(file: Path, found: list[str]) -> None:
    if missing := [name for name in REQUIRED if name not in found]:
        raise UserError(f"{file}: expected {NEEDS}; found {', '.join(found) or 'nothing'}; add {', '.join(missing)}")
    if unknown := [name for name in found if name not in (*REQUIRED, *OPTIONAL)]:
        raise UserError(f"{file}: expected {NEEDS}; found also {', '.join(unknown)}; remove or rename it")


def _check_positions(file: Path, position: np.ndarray, users: int) -> None:
    if position.shape != (users, 3):
        raise UserError(
            f"{file}: position: expected shape ({users}, 3), x, y, z of each user of csi, found {position.shape}"
        )
    if position.dtype.kind not in "iuf":
        raise UserError(f"{file}: position: expected numbers [m], found {position.dtype}")
    _check_finite(file, "position", position)


def _flags(content: Mapping) -> np.ndarray | None:
    return content["line_of_sight"][()] if "line_of_sight" in content else None


def _check_flags(file: Path, flags: np.ndarray | None, users: int) -> None:
    if flags is not None and (flags.shape != (users,) or not np.isin(flags, list(SIGHT)).all()):
        raise UserError(
            f"{file}: line_of_sight: expected {LINE_OF_SIGHT} (yes), {NO_LINE_OF_SIGHT} (no), {NOT_RECORDED} (not "
            f"recorded) or {NO_PATH} (no signal) for each of {users} users, found shape {flags.shape} and values "
            f"{np.unique(flags)[:5].tolist()}"
        )


def _check_finite(file: Path, name: str, values: np.ndarray) -> None:
    finite = np.isfinite(values).reshape(len(values), -1).all(axis=1)
    if not finite.all():
        raise UserError(
            f"{file}: {name}: expected finite numbers below 1e38, found others at user {(~finite).argmax()} "
            f"({(~finite).sum()} of {len(values)} users); remove these users, or correct the values"
        )


def read(file: Path) -> Measurement:
    """Read all users and check the values of their matrices."""
    users, _ = describe(file)
    with _opened(file) as content:
        csi, position, flags = content["csi"][()], content["position"][()], _flags(content)
    with np.errstate(over="ignore"):  # what overflows is infinite, and refused
        csi = np.ascontiguousarray(csi, dtype=np.complex64)
    _check_finite(file, "csi", csi)
    heard = _heard(file, csi)
    return Measurement(np.arange(users), position.astype(float), _sight(file, flags, heard), csi)


def _heard(file: Path, csi: np.ndarray) -> np.ndarray:
    """Check magnitudes and copies; return which users (N,) have any signal."""
    largest = float(max(np.abs(matrix).max() for matrix in csi))
    if not SMALLEST <= largest <= LARGEST:
        raise UserError(
            f"{file}: csi: expected a largest magnitude from {SMALLEST:g} to {LARGEST:g}, found {largest:g}; multiply "
            "the matrices of all users by the same factor"
        )
    heard, first = csi.any(axis=(1, 2)), {}
    for user in np.flatnonzero(heard):
        other = first.setdefault(hashlib.sha256(csi[user]).digest(), user)
        if other != user:
            raise UserError(
                f"{file}: csi: expected a matrix of its own for each user, found the same at users {other} and {user}; "
                "a copy can be in the training and in the test users at once: remove one of them"
            )
    return heard


def _sight(file: Path, flags: np.ndarray | None, heard: np.ndarray) -> np.ndarray:
    if flags is None:
        return np.where(heard, NOT_RECORDED, NO_PATH)
    if (wrong := heard & (flags == NO_PATH)).any():
        raise UserError(
            f"{file}: line_of_sight: expected {NO_PATH} (no signal) only where a matrix is all zero, found it at user "
            f"{wrong.argmax()}; write {NOT_RECORDED} if the line of sight is not recorded"
        )
    return flags.astype(int)


def _positive(file: Path, name: str, value: np.ndarray) -> float:
    value = np.ravel(value)
    if value.size != 1 or value.dtype.kind not in "iuf" or not 0 < value[0] < np.inf:
        raise UserError(f"{file}: {name}: expected one number greater than 0, found {value.tolist()}")
    return float(value[0])


@contextmanager
def _opened(file: Path) -> Iterator[Mapping]:
    """Yield the variables of a file by name. Both libraries read the values of a variable when they are asked for."""
    if file.suffix not in (".npz", *HDF5):
        raise UserError(
            f"{file}: expected a file named *.npz, *.h5 or *.hdf5 in raw.csi; save the arrays as one of them"
        )
    if not file.is_file():
        raise UserError(f"{file}: no such file; save the channel matrices there, or change data_folder or raw.csi")
    try:
        with _hdf5(file) if file.suffix in HDF5 else np.load(file) as content:
            yield content
    except (UserError, MemoryError):
        raise
    except Exception as error:  # zip, numpy and h5py raise many types of errors on damaged files
        raise UserError(f"{file}: not a readable {file.suffix} file ({error}); save it again") from error


def _hdf5(file: Path) -> Mapping:
    try:
        import h5py  # not a dependency of the package
    except ModuleNotFoundError as error:
        raise UserError(f"{file}: HDF5 is read by h5py; install it (pip install h5py), or save an .npz file") from error
    return h5py.File(file)


def _header(content: Mapping, name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Return shape and type of a variable without reading its values, which may be large."""
    if not isinstance(content, np.lib.npyio.NpzFile):
        return content[name].shape, content[name].dtype
    with content.zip.open(f"{name}.npy") as member:
        form = np.lib.format
        read_header = form.read_array_header_1_0 if form.read_magic(member) == (1, 0) else form.read_array_header_2_0
        shape, _, kind = read_header(member)
    return shape, kind
