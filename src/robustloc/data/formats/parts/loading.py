"""Load raw files and check their values. Every error message names the file."""

import re
from pathlib import Path

import numpy as np

from robustloc.base.errors import UserError

# Possible values of a path, with a wide margin: delay [s], power [dBm], zenith [deg]. Others mean a damaged file.
LIMITS = {"delay": (0.0, 1e-3), "power": (-1000.0, 300.0), "zenith": (0.0, 180.0)}
# What browsers and file managers add to a name: "a (1).mat", "a(1).mat", "a - Copy.mat", "a copy 2.mat", "a.mat.part".
COPY = re.compile(r"( ?\(\d+\)| - Copy( \(\d+\))?| copy( \d+)?)(?=\.[^.]+$)|\.(crdownload|part|partial|download)$")


def original_name(name: str) -> str:
    """Return the name of a file before a browser or a file manager changed it."""
    return COPY.sub("", name)


def absent(file: Path, why: str = "download it again") -> UserError:
    """Return the error for a missing file; it names a file that may be it under another name."""
    others = sorted(file.parent.iterdir()) if file.parent.is_dir() else []
    for other in others:
        if original_name(other.name).lower() == file.name.lower():
            cut = other.suffix.lower() in (".crdownload", ".part", ".partial", ".download")
            advice = "this download did not finish; download it again" if cut else "rename it"
            return UserError(f"{file}: expected this file of the scenario, found {other.name} instead; {advice}")
    return UserError(f"{file}: expected this file of the scenario, found no such file; {why}")


def must_exist(file: Path) -> None:
    """Raise an error unless the file exists."""
    if not file.is_file():
        raise absent(file)


def load_matlab(file: Path) -> dict[str, np.ndarray]:
    """Load all variables of a MATLAB file."""
    from scipy.io import loadmat  # imported here because planning imports this module and loads no file

    must_exist(file)
    try:
        return {key: value for key, value in loadmat(file).items() if not key.startswith("__")}
    except NotImplementedError as error:
        raise UserError(
            f"{file}: saved in the MATLAB 7.3 format; load it in MATLAB and save it again with the option '-v7'"
        ) from error
    except Exception as error:  # scipy raises many types of errors on damaged files
        raise _unreadable(file, "MATLAB", error) from error


def load_array(file: Path, name: str) -> np.ndarray:
    """Load one array from a ``.npz``, ``.npy`` or ``.mat`` file."""
    if file.suffix == ".mat":
        return variables(file, load_matlab(file), name)[0]
    must_exist(file)
    try:
        content = np.load(file)
        return content if file.suffix == ".npy" else variables(file, dict(content), name)[0]
    except UserError:
        raise
    except Exception as error:  # as above, from zip and numpy
        raise _unreadable(file, "array", error) from error


def variables(file: Path, content: dict[str, np.ndarray], *names: str) -> list[np.ndarray]:
    """Return the named variables of a file's content."""
    missing = [name for name in names if name not in content]
    if missing:
        raise UserError(f"{file}: expected {', '.join(missing)}, found {', '.join(sorted(content)) or 'nothing'}")
    return [content[name] for name in names]


def number(file: Path, content: dict[str, np.ndarray], name: str, default: float | None = None) -> float:
    """Return a variable that must be one finite number, or the default if it is absent and a default is given."""
    if default is not None and name not in content:
        return default
    value = np.ravel(variables(file, content, name)[0])
    if len(value) == 0 or value.dtype.kind not in "iuf" or not np.isfinite(value[0]):
        raise UserError(
            f"{file}: expected one finite number as {name}, found {value.tolist()}; download the file again"
        )
    return float(value[0])


def refuse_impossible(
    file: Path, quantity: str, users: np.ndarray, values: np.ndarray, present: np.ndarray | None = None
) -> None:
    """Raise an error at the first value that is impossible for a path.

    Args:
        file: the file of the values, for the message.
        quantity: key of `LIMITS`; values of other quantities must only be finite.
        users: (N,) indices of the users, for the message.
        values: (N, P). After the last path of a user they are zero, or anything if `present` is given.
        present: (N, P) True where the files have this path of the user, or a later one.

    Raises:
        UserError: a value is outside the limits or not finite.
    """
    low, high = LIMITS.get(quantity, (-np.inf, np.inf))
    wrong = ~np.isfinite(values) | (values < low) | (values > high)
    if present is not None:
        wrong &= present
    if wrong.any():
        user, path = np.argwhere(wrong)[0]
        expected = f"{quantity} from {low:g} to {high:g}" if quantity in LIMITS else f"a finite {quantity}"
        found = values[user, path]
        advice = "download the file again"
        if present is not None and np.isnan(found):
            advice = "other files have this path or a later one; download all of them again"
        raise UserError(f"{file}: user {users[user]}, path {path}: expected {expected}, found {found}; {advice}")


def _unreadable(file: Path, kind: str, error: Exception) -> UserError:
    return UserError(f"{file}: not a readable {kind} file ({error}), perhaps truncated; download it again")
