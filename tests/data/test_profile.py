"""Channels and angle-delay profiles agree with the plain formulas."""

import dataclasses
from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import make_paths

from robustloc.base.errors import UserError
from robustloc.data import channel, transform
from robustloc.data import profile as adp
from robustloc.data.paths import Paths
from robustloc.data.transform import CONVENTIONS, Convention

PER_PATH = ("gain", "delay", "zenith", "azimuth", "arrival_zenith")
PAPER, DYLOC = CONVENTIONS["paper"], CONVENTIONS["dyloc"]
SMALL = channel.Channel(antennas=8, subcarriers=6, bandwidth_hz=1e7)


def single_path(advance: float, turns: float, setup: channel.Channel, gain: complex = 1.0) -> Paths:
    """One user with one path of a given phase advance per antenna and delay per subcarrier [turns]."""
    paths = make_paths(np.array([1]), width=1)
    azimuth = np.array([[np.arcsin(advance / setup.spacing_wavelengths)]])
    delay = np.array([[turns * setup.subcarriers / setup.bandwidth_hz]])
    upright = np.array([[np.pi / 2]])
    changes = {"gain": np.array([[gain]]), "azimuth": azimuth, "delay": delay, "zenith": upright}
    return dataclasses.replace(paths, **changes)


def double_loop(paths: Paths, setup: channel.Channel, convention: Convention) -> np.ndarray:
    """Compute Eq. (1)-(5) term by term."""
    m, k, first = setup.antennas, setup.subcarriers, convention.first_index
    profiles = np.zeros((len(paths), m, k))
    for user in range(len(paths)):
        h = np.zeros((m, k), dtype=complex)
        for p in range(paths.count[user]):
            for antenna in range(m):
                for tone in range(k):
                    sine = np.sin(paths.zenith[user, p]) * np.sin(paths.azimuth[user, p])
                    angle = 2 * np.pi * antenna * setup.spacing_wavelengths * sine
                    delay = 2 * np.pi * tone * paths.delay[user, p] * setup.bandwidth_hz / k
                    h[antenna, tone] += paths.gain[user, p] / np.sqrt(k) * np.exp(1j * (angle - delay))
        for q in range(m):
            for n in range(k):
                total = 0
                for antenna in range(m):
                    for tone in range(k):
                        i, j = antenna + first, q + first
                        a, b = tone + first, n + first
                        u = np.exp(-2j * np.pi * i * (j - m / 2) / m)
                        v = np.exp(convention.delay_sign * 2j * np.pi * a * b / k)
                        total += np.conj(u) * h[antenna, tone] * v
                profiles[user, q, n] = abs(total) / (np.sqrt(m * k) if convention.unitary else 1)
    return profiles


@pytest.mark.parametrize("convention", [PAPER, DYLOC], ids=["paper", "dyloc"])
def test_equations_term_by_term(convention: Convention) -> None:
    """Definition and kernel both equal a loop over every term of the equations."""
    paths = make_paths(np.array([3, 1, 0]), width=3, longest_s=5e-7)
    expected = double_loop(paths, SMALL, convention)

    reference = transform.from_matrix(channel.matrix(paths, SMALL), convention)
    kernel = adp.from_paths(paths, SMALL, convention)

    np.testing.assert_allclose(reference, expected, atol=1e-12 * expected.max())
    np.testing.assert_allclose(kernel, expected, atol=1e-6 * expected.max())
    assert (kernel[2] == 0).all()


def test_convention_by_name() -> None:
    """A convention may be a name, the paper's is the default; an unknown name lists the valid ones."""
    paths = make_paths(np.array([3, 1]), width=3)

    assert (adp.from_paths(paths, SMALL) == adp.from_paths(paths, SMALL, PAPER)).all()
    assert (adp.from_paths(paths, SMALL, "dyloc") == adp.from_paths(paths, SMALL, DYLOC)).all()
    with pytest.raises(UserError, match="no convention 'matlab'; valid names: paper, dyloc"):
        adp.from_paths(paths, SMALL, "matlab")


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    antennas=st.sampled_from([8, 32, 64]),
    subcarriers=st.sampled_from([6, 32, 64]),
    late=st.sampled_from(["drop", "wrap"]),
    dipoles=st.booleans(),
    convention=st.sampled_from([PAPER, DYLOC]),
)
def test_kernel_is_reference(
    seed: int, antennas: int, subcarriers: int, late: str, dipoles: bool, convention: Convention
) -> None:
    """The kernel equals the definition to 1e-5 of the peak, for any paths, sizes and options."""
    setup = channel.Channel(antennas, 0.5, subcarriers, 1e7, 25, late, dipoles)
    paths = make_paths(np.array([25, 4, 1]), width=25, seed=seed, longest_s=1.5 * subcarriers / 1e7)

    reference = transform.from_matrix(channel.matrix(paths, setup), convention)
    kernel = adp.from_paths(paths, setup, convention)

    assert np.abs(kernel - reference).max() <= 1e-5 * reference.max()


@pytest.mark.parametrize("convention", [PAPER, DYLOC], ids=["paper", "dyloc"])
@pytest.mark.parametrize(("angle_bin", "delay_bin"), [(0, 0), (1, 5), (-3, 2), (3, 1)])
def test_one_path_peaks_in_its_bin(convention: Convention, angle_bin: int, delay_bin: int) -> None:
    """A path on a bin fills exactly that bin: angle around the middle, delay mirrored in the paper's convention."""
    m, k = SMALL.antennas, SMALL.subcarriers
    paths = single_path(angle_bin / m, delay_bin / k, SMALL, gain=2.0)

    for profile in (
        adp.from_paths(paths, SMALL, convention)[0],
        transform.from_matrix(channel.matrix(paths, SMALL), convention)[0],
    ):
        shift = convention.first_index
        expected = ((m // 2 - angle_bin - shift) % m, (convention.delay_sign * delay_bin - shift) % k)
        assert np.unravel_index(profile.argmax(), profile.shape) == expected
        assert profile.max() == pytest.approx(
            2.0 * np.sqrt(m) if convention.unitary else 2.0 * m * np.sqrt(k), rel=1e-5
        )
        others = np.delete(profile.ravel(), profile.argmax())
        assert others.max() <= 1e-5 * profile.max()


def test_energy_is_kept() -> None:
    """Unitary transforms keep the channel's energy."""
    paths = make_paths(np.array([7, 3]), width=7)
    setup = channel.Channel()

    energy = (np.abs(channel.matrix(paths, setup)) ** 2).sum(axis=(1, 2))

    np.testing.assert_allclose((adp.from_paths(paths, setup, PAPER) ** 2).sum(axis=(1, 2)), energy, rtol=1e-5)


def test_first_paths() -> None:
    """Of users with more paths than max_paths, the first paths are used."""
    paths = make_paths(np.full(3, 8), width=8)
    first = replace(paths, count=np.full(3, 5), **{name: getattr(paths, name)[:, :5] for name in PER_PATH})

    profiles = [adp.from_paths(part, channel.Channel(max_paths=5), PAPER) for part in (paths, first)]

    np.testing.assert_array_equal(*profiles)


def test_late_paths() -> None:
    """A path later than the symbol is dropped, or wraps around to its aliased delay."""
    drop, wrap = (dataclasses.replace(SMALL, late_paths=choice) for choice in ("drop", "wrap"))
    late, early = single_path(0.1, 1.25, SMALL), single_path(0.1, 0.25, SMALL)

    assert (adp.from_paths(late, drop, PAPER) == 0).all()
    assert channel.used_paths(late, drop).tolist() == [0]
    assert channel.used_paths(late, wrap).tolist() == channel.used_paths(early, drop).tolist() == [1]
    np.testing.assert_allclose(adp.from_paths(late, wrap, PAPER), adp.from_paths(early, drop, PAPER), rtol=1e-5)


def test_dipoles() -> None:
    """Half-wave dipoles at both ends have an amplitude gain of 1.64 at the horizon and 0 at the zenith."""
    isotropic, dipoles = (dataclasses.replace(SMALL, dipoles=choice) for choice in (False, True))
    level = dataclasses.replace(single_path(0.0, 0.1, SMALL), arrival_zenith=np.array([[np.pi / 2]]))
    upright = dataclasses.replace(level, zenith=np.array([[1e-12]]))

    ratio = adp.from_paths(level, dipoles, PAPER).max() / adp.from_paths(level, isotropic, PAPER).max()

    assert ratio == pytest.approx(1.6409, rel=1e-4)
    assert adp.from_paths(upright, dipoles, PAPER).max() < 1e-6


def test_batch_does_not_matter() -> None:
    """A user's profile is equal to the bit alone and in a batch, on one thread and on all."""
    paths = make_paths(np.arange(30) % 9, width=8)
    setup, together, before = channel.Channel(), [], numba.get_num_threads()
    for threads in (1, numba.config.NUMBA_NUM_THREADS):
        numba.set_num_threads(threads)
        together.append(adp.from_paths(paths, setup, PAPER))
    numba.set_num_threads(before)
    alone = np.concatenate([adp.from_paths(paths[user : user + 1], setup, PAPER) for user in range(30)])

    np.testing.assert_array_equal(together[0], alone)
    np.testing.assert_array_equal(together[1], alone)
