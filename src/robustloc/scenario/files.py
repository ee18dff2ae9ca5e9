"""Load raw files; whatever is wrong with one ends in a message that names it."""

from pathlib import Path

import numpy as np
from scipy.io import loadmat

from robustloc.errors import UserError


def load_matlab(file: Path) -> dict[str, np.ndarray]:
    """Load all variables of a MATLAB file."""
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


def _must_exist(file: Path) -> None:
    if not file.is_file():
        raise UserError(f"{file}: missing; the scenario needs it, download it again")


def _unreadable(file: Path, kind: str, error: Exception) -> UserError:
    return UserError(f"{file}: not a readable {kind} file ({error}); truncated? Download it again")
