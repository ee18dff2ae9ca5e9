"""Domains: the variable that an attacker moves, and the function from it to the model's input.

* ``input``: the scaled profile that the model sees. Epsilon has its units.
* ``adp``: the linear profile.
* ``csi``: the channel matrix H of Eq. (3).
* ``antenna``: the spectrum that one transmitter at one bearing adds to H.

All but ``input`` are physical: each user's signal is normalised to unit energy. So an L2 radius of 10^(PSR/20) is a
perturbation-to-signal ratio of PSR decibels, for every user.

Attacks differentiate through these functions with autograd; see `robustloc.data.tensor_scale`. A complex array (N, …)
is stored as pairs of real numbers (N, 2, …), since norms and projections of attacks are defined for real numbers.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from robustloc.data.dataset import Manifest
from robustloc.data.scale import Scale
from robustloc.data.tensor_scale import scaled
from robustloc.data.transform import Convention, transforms

NAMES = ("input", "adp", "csi", "antenna")


@dataclass(frozen=True)
class Domain:
    """N users as an attacker sees them.

    Attributes:
        start: (N, …) the variable that the attacker moves, before the attack.
        signal: other arrays (N, …) from which the input is computed.
        into: (variable, *signal) -> model inputs (N, 1, angle bins, delay bins).
        physical: whether a radius is relative to the user's signal.
    """

    start: Tensor
    signal: tuple[Tensor, ...]
    into: Callable[..., Tensor]
    physical: bool

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, users: slice) -> "Domain":
        """Return a part of the users."""
        return Domain(self.start[users], tuple(part[users] for part in self.signal), self.into, self.physical)

    def to(self, device: torch.device) -> "Domain":
        """Return the same users on a device."""
        return Domain(self.start.to(device), tuple(part.to(device) for part in self.signal), self.into, self.physical)

    def copy(self) -> "Domain":
        """Return the same users in tensors of their own."""
        return Domain(self.start.clone(), tuple(part.clone() for part in self.signal), self.into, self.physical)

    def inputs(self, moved: Tensor) -> Tensor:
        """Return the model inputs (N, 1, angle bins, delay bins) of moved variables (N, …), shaped as `start`."""
        return self.into(moved, *self.signal)


def of_attack(attack: dict, adp: np.ndarray, csi: np.ndarray | None, manifest: Manifest) -> Domain:
    """Return N users as a configured attack sees them.

    Args:
        attack: its ``domain``, one of NAMES (default ``input``); for ``antenna`` also its ``bearing_deg`` [degrees].
        adp: (N, angle bins, delay bins) linear profiles.
        csi: (N, antennas, subcarriers) complex channel matrices; only ``csi`` and ``antenna`` need them.
        manifest: manifest of the data set.
    """
    name, scale, convention = attack.get("domain", "input"), manifest.scale, manifest.convention
    if name == "csi":
        return of_channels(csi, scale, convention)
    if name == "antenna":
        advance = manifest.channel.spacing_wavelengths * math.sin(math.radians(attack["bearing_deg"]))
        return of_antenna(csi, scale, convention, advance)
    return of_profiles(adp, scale) if name == "adp" else of_inputs(adp, scale)


def of_inputs(adp: np.ndarray, scale: Scale) -> Domain:
    """Return the domain of model inputs, computed from linear profiles (N, angle bins, delay bins)."""
    return Domain(torch.tensor(scale.apply(adp)).unsqueeze(1), (), lambda x: x, False)


def of_profiles(adp: np.ndarray, scale: Scale) -> Domain:
    """Return the domain of linear profiles (N, angle bins, delay bins)."""
    start, energy = _normalised(torch.tensor(adp).unsqueeze(1))
    return Domain(start, (energy,), lambda x, energy: scaled(energy * x, scale), True)


def of_channels(csi: np.ndarray, scale: Scale, convention: Convention) -> Domain:
    """Return the domain of complex channel matrices (N, antennas, subcarriers)."""
    start, energy = _normalised(_pairs(csi))
    return Domain(start, (energy,), lambda h, energy: scaled(energy * profile(h, convention), scale), True)


def of_antenna(csi: np.ndarray, scale: Scale, convention: Convention, advance_turns: float) -> Domain:
    """Return the domain of spectra (N, 2, subcarriers) that one transmitter adds to channel matrices.

    Args:
        csi: (N, antennas, subcarriers) complex channel matrices.
        scale: scale of the model's input.
        convention: convention of the profile.
        advance_turns: phase advance from one antenna to the next [turns]: spacing in wavelengths times sin(bearing).
    """
    channel, energy = _normalised(_pairs(csi))
    antennas = csi.shape[1]
    steering = np.exp(2j * np.pi * advance_turns * np.arange(antennas)) / np.sqrt(antennas)

    def into(spectrum: Tensor, channel: Tensor, energy: Tensor) -> Tensor:
        """Add the outer product of the unit steering vector and the spectrum; it has the energy of the spectrum."""
        array = torch.tensor(steering, dtype=_complex(spectrum), device=spectrum.device)
        sent = array[:, None] * torch.complex(spectrum[:, 0], spectrum[:, 1])[:, None]
        received = channel + torch.stack([sent.real, sent.imag], dim=1)
        return scaled(energy * profile(received, convention), scale)

    start = torch.zeros(len(csi), 2, csi.shape[2], dtype=channel.dtype)
    return Domain(start, (channel, energy), into, True)


def profile(csi: Tensor, convention: Convention) -> Tensor:
    """Return |U^H H V| (Eq. 3-5): channel matrices (N, 2, antennas, subcarriers) -> (N, 1, angle bins, delay bins)."""
    matrix = torch.complex(csi[:, 0], csi[:, 1])
    left, right = (
        torch.tensor(part, dtype=matrix.dtype, device=csi.device) for part in transforms(*csi.shape[2:], convention)
    )
    return (left @ matrix @ right).abs().unsqueeze(1)


def _pairs(array: np.ndarray) -> Tensor:
    return torch.stack([torch.tensor(array.real), torch.tensor(array.imag)], dim=1)


def _normalised(signal: Tensor) -> tuple[Tensor, Tensor]:
    """Return each signal at unit energy, and the root of its energy (N, 1, 1, 1); a zero signal stays zero."""
    energy = torch.linalg.vector_norm(signal.flatten(1), dim=1).view(-1, 1, 1, 1)
    return signal / torch.where(energy > 0, energy, 1.0), energy


def _complex(x: Tensor) -> torch.dtype:
    return torch.complex128 if x.dtype == torch.float64 else torch.complex64
