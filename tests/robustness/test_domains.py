"""Domains of attacks: the lemma of docs/attacks.md, the scale with gradients, the power over the air."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from robustloc.attacks import apgd, directions
from robustloc.attacks.parts.losses import SquaredError, Through
from robustloc.attacks.parts.steps import size
from robustloc.data.scale import Scale
from robustloc.data.transform import CONVENTIONS, from_matrix, transforms
from robustloc.robustness import domains

SIZES = st.tuples(st.integers(1, 5), st.integers(2, 12).map(lambda half: 2 * half), st.integers(2, 24))


def drawn(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw complex Gaussian numbers in double precision."""
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31), size=SIZES, name=st.sampled_from(["paper", "dyloc"]), share=st.floats(1e-6, 10))
def test_lemma(seed: int, size: tuple, name: str, share: float) -> None:
    """Perturbations of the profile and of the channel are equivalent, at the same power relative to the signal.

    Every channel perturbation moves the profile by at most its own size. Every profile D + ADP(H) >= 0 is the profile
    of H + E with E = U (D o phase(U^H H V)) V^H, and E has the size of D.
    """
    rng, convention = np.random.default_rng(seed), CONVENTIONS[name]
    h, e = drawn(rng, *size), share * drawn(rng, *size)
    left, right = transforms(*size[1:], convention)
    clean, norm = from_matrix(h, convention), lambda a: np.sqrt((np.abs(a) ** 2).sum(axis=(1, 2)))
    gain = norm(clean) / norm(h)  # 1 for unitary transforms, sqrt(M K) for DyLoc's
    np.testing.assert_allclose(gain, 1 if convention.unitary else np.sqrt(size[1] * size[2]), rtol=1e-12)

    assert (norm(from_matrix(h + e, convention) - clean) <= gain * norm(e) * (1 + 1e-12)).all()

    change = np.maximum(share * rng.normal(size=size), -clean)
    phase = np.exp(1j * np.angle(left @ h @ right))
    sent = left.conj().T @ (change * phase) @ right.conj().T / gain[:, None, None] ** 2
    np.testing.assert_allclose(
        from_matrix(h + sent, convention), clean + change, rtol=0, atol=1e-12 * clean.max() * (1 + share)
    )
    np.testing.assert_allclose(norm(sent) / norm(h), norm(change) / norm(clean), rtol=1e-12)


@pytest.mark.parametrize("name", ["unit", "db", "raw"])
def test_scale_with_gradients(name: str) -> None:
    """The scale with gradients equals the scale of the model's input."""
    magnitude, scale = np.random.default_rng(0).uniform(0, 2, (3, 4, 5)) ** 8, Scale(name, 0.7)
    found = domains.scaled(torch.tensor(magnitude), scale)

    np.testing.assert_allclose(found.numpy(), scale.apply(magnitude), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("convention", CONVENTIONS.values(), ids=CONVENTIONS)
def test_ways_to_the_input(convention) -> None:
    """Without an attack, every domain gives the model's input; each signal has unit energy, a silent one has none."""
    scale, csi = Scale("db", 3.0), drawn(np.random.default_rng(1), 4, 8, 6)
    csi[2] = 0
    adp = from_matrix(csi, convention)
    expected = domains.of_inputs(adp, scale).start.double()
    users = [
        domains.of_profiles(adp, scale),
        domains.of_channels(csi, scale, convention),
        domains.of_antenna(csi, scale, convention, 0.25),
    ]
    for one in users:
        torch.testing.assert_close(one.inputs(one.start), expected, rtol=0, atol=1e-6)
        torch.testing.assert_close(one[1:3].inputs(one[1:3].start), expected[1:3], rtol=0, atol=1e-6)
    for one in users[:2]:
        energy = torch.linalg.vector_norm(one.start.flatten(1), dim=1)
        torch.testing.assert_close(energy, torch.tensor([1.0, 1, 0, 1], dtype=torch.float64))


def test_one_antenna() -> None:
    """A sent spectrum keeps its power; a transmitter at the centre of an angle bin moves only this bin."""
    csi, convention = drawn(np.random.default_rng(2), 1, 16, 8), CONVENTIONS["paper"]
    users = domains.of_antenna(csi, Scale("raw", 1.0), convention, 4 / 16)
    silence = domains.of_antenna(0 * csi + 1e-9 * csi, Scale("raw", 1.0), convention, 4 / 16)
    spectrum = torch.randn(1, 2, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    heard = (silence.inputs(1e9 * spectrum) / 1e9 / silence.signal[1])[0, 0]

    assert users.start.shape == (1, 2, 8)
    torch.testing.assert_close(torch.linalg.vector_norm(heard), torch.linalg.vector_norm(spectrum), rtol=1e-6, atol=0)
    torch.testing.assert_close(heard[16 // 2 - 4].norm(), heard.norm(), rtol=1e-6, atol=0)


@pytest.mark.parametrize("attack", [apgd.perturb, directions.perturb])
def test_a_network_that_reads_the_floor(monkeypatch: pytest.MonkeyPatch, attack: Callable) -> None:
    """Attacks find the pixels at the floor that a network reads; without the smooth backward pass they find less."""
    rng = np.random.default_rng(3)
    adp = np.where(np.arange(64).reshape(8, 8) % 4 > 0, 2e-5, 1.0) * rng.uniform(0.5, 1, (8, 8, 8))
    weak = torch.tensor(adp.reshape(8, 64) < 1e-4)
    weights, reader = torch.randn(64, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)), nn.Module()
    reader.forward = lambda x: (x.flatten(1) * weak) @ weights

    def found() -> torch.Tensor:
        users = domains.of_profiles(adp, Scale("db", 1.0))
        error = SquaredError(reader, torch.zeros(8, 3, dtype=torch.float64))
        loss = Through(users.inputs, error)
        moved = attack(loss, users.start, eps=1e-3, norm="l2", minimum=0.0)
        assert size(moved - users.start, "l2").max() <= 1e-3 * (1 + 1e-9)
        assert moved.min() >= 0
        return loss(moved)

    smooth = found()
    monkeypatch.setattr(
        domains, "scaled", lambda magnitude, scale: 1 + torch.log10(magnitude.clamp_min(1e-4) / scale.peak) / 4
    )
    clamped = found()

    assert (smooth > clamped).float().mean() > 0.5
    assert smooth.mean() > 1.2 * clamped.mean()


def test_gradient_at_zero() -> None:
    """A channel without signal, and pixels below the floor, have finite gradients."""
    users = domains.of_channels(np.zeros((2, 8, 8), dtype=complex), Scale("db", 1.0), CONVENTIONS["paper"])
    moved = users.start.clone().requires_grad_()
    (slope,) = torch.autograd.grad(users.inputs(moved).sum(), moved)

    assert torch.isfinite(slope).all()
