"""Definition of the angle-delay profile of a channel matrix (Eq. 3) by the transforms U and V (Eq. 4-5)."""

from dataclasses import dataclass

import numpy as np

from robustloc.base.errors import UserError


@dataclass(frozen=True)
class Convention:
    """A way to write the transforms U and V.

    Attributes:
        delay_sign: sign of V's exponent. The paper's Eq. (5) has -1, which mirrors the delay axis; DyLoc's code has +1.
        unitary: whether U and V have the factor 1/sqrt(N).
        first_index: index of the first row and column: 0, or 1 as in DyLoc's MATLAB code.
    """

    delay_sign: int
    unitary: bool
    first_index: int


CONVENTIONS = {"paper": Convention(-1, True, 0), "dyloc": Convention(+1, False, 1)}


def named(name: str) -> Convention:
    """Return a convention by its name.

    Raises:
        UserError: there is none of this name.
    """
    if name not in CONVENTIONS:
        raise UserError(f"there is no convention {name!r}; valid names: {', '.join(CONVENTIONS)}")
    return CONVENTIONS[name]


def transforms(antennas: int, subcarriers: int, convention: Convention) -> tuple[np.ndarray, np.ndarray]:
    """Return U^H (antennas, antennas) and V (subcarriers, subcarriers), complex and unitary up to a factor."""
    i = np.arange(antennas) + convention.first_index
    k = np.arange(subcarriers) + convention.first_index
    u = np.exp(-2j * np.pi * np.outer(i, i - antennas / 2) / antennas)
    v = np.exp(convention.delay_sign * 2j * np.pi * np.outer(k, k) / subcarriers)
    if convention.unitary:
        return u.conj().T / np.sqrt(antennas), v / np.sqrt(subcarriers)
    return u.conj().T, v


def from_matrix(matrix: np.ndarray, convention: Convention) -> np.ndarray:
    """Return the profiles |U^H H V| (Eq. 3) of channel matrices H (..., antennas, subcarriers), in the same shape."""
    left, right = transforms(*matrix.shape[-2:], convention)
    return np.abs(left @ matrix @ right)
