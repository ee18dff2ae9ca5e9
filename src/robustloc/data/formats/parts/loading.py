"""Load raw files; whatever is wrong with one ends in a message that names it."""

from pathlib import Path

import numpy as np

from robustloc.base.errors import UserError

# What a path can have (delay [s], power [dBm], zenith [deg]), with room to spare; else a file is damaged or mixed up.
LIMITS = {"delay": (0.0, 1e-3), "power": (-1000.0, 300.0), "zenith": (0.0, 180.0)}


def load_matlab(file: Path) -> dict[str, np.ndarray]:
    """Load all variables of a MATLAB file."""
    from scipy.io import loadmat  # here, as planning imports this module and loads nothing

    _must_exist(file)
    try:
        return {key: value for key, value in loadmat(file).items() if not key.startswith("__")}
    except NotImplementedError as error:
        raise UserError(
            f"{file}: saved as MATLAB 7.3; load it in MATLAB, save it again with the option '-v7'"
        ) from error
    except Exception as error:  # scipy raises many kinds on damaged files
        raise _unreadable(file, "MATLAB", error) from error


def load_array(file: Path, name: str) -> np.ndarray:
    """Load one array from a ``.npz``, ``.npy`` or ``.mat`` file."""
    if file.suffix == ".mat":
        return variables(file, load_matlab(file), name)[0]
    _must_exist(file)
    try:
        content = np.load(file)
        return content if file.suffix == ".npy" else variables(file, dict(content), name)[0]
    except UserError:
        raise
    except Exception as error:  # so do zip and numpy
        raise _unreadable(file, "array", error) from error


def variables(file: Path, content: dict[str, np.ndarray], *names: str) -> list[np.ndarray]:
    """Return the named variables of a file's content."""
    missing = [name for name in names if name not in content]
    if missing:
        raise UserError(f"{file}: expected {', '.join(missing)}, found {', '.join(sorted(content)) or 'nothing'}")
    return [content[name] for name in names]


def number(file: Path, content: dict[str, np.ndarray], name: str, default: float | None = None) -> float:
    """Return a variable that is one finite number, or the default where it may be absent."""
    if default is not None and name not in content:
        return default
    value = np.ravel(variables(file, content, name)[0])
    if len(value) == 0 or value.dtype.kind not in "iuf" or not np.isfinite(value[0]):
        raise UserError(f"{file}: expected a number as {name}, found {value.tolist()}; download it again")
    return float(value[0])


def refuse_impossible(
    file: Path, quantity: str, users: np.ndarray, values: np.ndarray, present: np.ndarray | None = None
) -> None:
    """Stop at the first value that no path can have.

    Args:
        file: for the message.
        quantity: which of `LIMITS` holds; others need only be finite.
        users: (N,) their indices.
        values: (N, P), zero behind a user's last path, or not a number there if `present` is given.
        present: (N, P) which of them are paths.
    """
    low, high = LIMITS.get(quantity, (-np.inf, np.inf))
    wrong = ~np.isfinite(values) | (values < low) | (values > high)
    if present is not None:
        wrong = np.where(present, wrong, ~np.isnan(values))
    if wrong.any():
        user, path = np.argwhere(wrong)[0]
        raise UserError(
            f"{file}: user {users[user]}, path {path}: expected {quantity} from {low:g} to {high:g}, and none behind "
            f"the user's last path, found {values[user, path]}; download the file again"
        )


def _must_exist(file: Path) -> None:
    if not file.is_file():
        raise UserError(f"{file}: missing; the scenario needs it, download it again")


def _unreadable(file: Path, kind: str, error: Exception) -> UserError:
    return UserError(f"{file}: not a readable {kind} file ({error}); truncated? Download it again")
