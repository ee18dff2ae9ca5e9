"""Reflection at a smooth half-space (Fresnel) and the materials of the embedded scenes."""

from dataclasses import dataclass

import numpy as np

SPEED_OF_LIGHT = 299_792_458.0
VACUUM_PERMITTIVITY = 8.8541878128e-12


@dataclass(frozen=True)
class Material:
    """Relative permittivity, and conductivity c f^d [S/m] at f in GHz (ITU-R P.2040-1, table 3)."""

    permittivity: float
    c: float
    d: float

    def complex_permittivity(self, frequency_hz: float) -> complex:
        """Return the complex relative permittivity with conduction loss, for the time convention exp(+j omega t)."""
        conductivity = self.c * (frequency_hz / 1e9) ** self.d
        return complex(self.permittivity, -conductivity / (2 * np.pi * frequency_hz * VACUUM_PERMITTIVITY))


CONCRETE = Material(5.31, 0.0326, 0.8095)
PLASTERBOARD = Material(2.94, 0.0116, 0.7076)
# Ground of DeepMIMO's city scenarios at 3.5 GHz: 0.7645 S/m.
WET_EARTH = Material(18.18, 0.7645, 0.0)


def perpendicular(cosine: np.ndarray, permittivity: complex) -> np.ndarray:
    """Return the Fresnel coefficient of a field perpendicular to the plane of incidence: vertical field, vertical wall.

    Args:
        cosine: of the angle of incidence.
        permittivity: complex relative permittivity of the material.
    """
    root = np.sqrt(permittivity - 1 + cosine**2)
    return (cosine - root) / (cosine + root)


def parallel(cosine: np.ndarray, permittivity: complex) -> np.ndarray:
    """Return the Fresnel coefficient of a field in the plane of incidence: vertical field, ground or ceiling.

    The sign is the sign of the vertical field: -1 at grazing incidence, +1 at a perfect conductor. The arguments are
    as in `perpendicular`.
    """
    root = np.sqrt(permittivity - 1 + cosine**2)
    return (permittivity * cosine - root) / (permittivity * cosine + root)
