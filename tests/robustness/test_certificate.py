"""Certificates are exact, sharp where the worst attack is known, and hold under every attack tried."""

import math
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from robustloc.attacks import apgd, gradient
from robustloc.attacks.parts.losses import SquaredError
from robustloc.attacks.parts.steps import unit
from robustloc.data.scale import Scale
from robustloc.data.transform import CONVENTIONS, from_matrix
from robustloc.defences import median_smoothing
from robustloc.localizer.network import build
from robustloc.robustness import certificate, domains
from robustloc.robustness.folding import folded

RNG = np.random.default_rng(0)
EPS, DRAWS, SIZE = 0.05, 300, 8


def at_most(count: int, draws: int, share: float) -> float:
    """Return P[Bin(draws, share) <= count] as a sum."""
    return math.fsum(math.comb(draws, k) * share**k * (1 - share) ** (draws - k) for k in range(count + 1))


@given(draws=st.integers(1, 200), shift=st.floats(0, 3), alpha=st.floats(1e-6, 0.5))
def test_exact(draws: int, shift: float, alpha: float) -> None:
    """Both binomial bounds hold, and the next rank would violate the second bound."""
    ranks = certificate.order_statistics(draws, shift, alpha)
    low, high = 0.0, 0.5  # bisection finds p of step 1
    for _ in range(60):
        level = (low + high) / 2
        is_rare = 1 - at_most((draws + 1) // 2 - 1, draws, level) <= alpha / 4
        low, high = (level, high) if is_rare else (low, level)
    quantile = norm.cdf(norm.ppf(low) - shift)
    rank = ranks[0] if ranks else 0

    assert ranks is None or ranks[0] + ranks[1] == draws + 1
    assert rank == 0 or at_most(rank - 1, draws, quantile) <= alpha / 4 * (1 + 1e-6)
    assert at_most(rank, draws, quantile) >= alpha / 4 * (1 - 1e-6)


def missed(draws: int, claimed: float, shift: float, alpha: float) -> float:
    """Share of trials in which a bound for f(x) = x fails for the median, under an attack that adds the shift."""
    low, high = certificate.order_statistics(draws, claimed, alpha)
    around = np.sort(RNG.normal(size=(20000, draws)), axis=1)
    reported = np.median(RNG.normal(size=(20000, draws)), axis=1) + shift
    return float(((reported < around[:, low - 1]) | (reported > around[:, high - 1])).mean())


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("draws", [99, 100])
def test_coverage(draws: int, shift: float) -> None:
    """Under the known worst attack, bounds fail at most with probability alpha; tighter bounds fail more often."""
    alpha = 0.5

    assert max(missed(draws, shift, way * shift, alpha) for way in (-1, 1)) <= alpha
    assert missed(draws, shift, shift + 0.5, alpha) > alpha


def test_discrete() -> None:
    """The bound also holds for estimates with ties: a step function, with an attack across the step."""
    low, high = certificate.order_statistics(200, 0.5, 0.1)
    around = np.sort(np.sign(RNG.normal(size=(5000, 200)) + 0.4), axis=1)
    reported = np.median(np.sign(RNG.normal(size=(5000, 200)) - 0.1), axis=1)

    assert ((reported < around[:, low - 1]) | (reported > around[:, high - 1])).mean() <= 0.1


def test_monotone() -> None:
    """Verified errors exceed the median's own error, grow with radius and confidence, and end at infinity."""
    estimates, position = RNG.normal(size=(5, 400, 3)), RNG.normal(size=(5, 3))
    radii = [0.0, 0.25, 0.5, 1.0, 1.5, 4.0]
    loose, strict = (certificate.certified_errors(estimates, position, radii, level) for level in (0.9, 0.999))
    own = np.linalg.norm(np.median(estimates, axis=1) - position, axis=1)

    assert (own < loose[0]).all()
    assert (np.diff(loose[:-1], axis=0) > 0).all()
    assert (loose[:-1] < strict[:-1]).all()
    assert np.isinf(strict[-1]).all()
    assert certificate.order_statistics(1, 0.0, 0.01) is None


def users(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Make 24 profiles with one peak each; its place in the profile is the user's position in a room of 10 m."""
    place = torch.rand(24, 2, generator=torch.Generator().manual_seed(seed))
    across, along = torch.exp(-((torch.arange(SIZE) / SIZE - place[..., None]) ** 2) / 0.02).unbind(dim=1)
    position = torch.cat([10 * place, torch.full((24, 1), 1.5)], dim=1)
    return (across[:, :, None] * along[:, None, :]).unsqueeze(1), position


X, Y = users(seed=1)


@cache
def trained() -> median_smoothing.Smoothed:
    """Train a small localizer under noise."""
    torch.manual_seed(0)
    defence = median_smoothing.build(draws=9)
    made = build({"plugin": "dcnn", "parameters": {}}, (SIZE, SIZE), Y).train()
    optimiser = torch.optim.AdamW(made.parameters(), lr=3e-3)
    generators = [torch.Generator().manual_seed(user) for user in range(24)]
    for step in range(150):
        optimiser.zero_grad()
        defence.loss(made, *users(seed=100 + step), EPS, generators).backward()
        optimiser.step()
    return folded(defence.wrap(made, EPS).eval().requires_grad_(False), X)


def under_noise(x: torch.Tensor, seed: int) -> np.ndarray:
    """Return estimates (N, DRAWS, 3) [m] under fresh noise."""
    generator = torch.Generator().manual_seed(seed)
    noise = (trained().sigma * torch.randn(DRAWS, *x.shape, generator=generator)).flatten(0, 1)
    found = trained().localizer(x.repeat(DRAWS, 1, 1, 1) + noise)
    return found.view(DRAWS, len(x), 3).transpose(0, 1).double().numpy()


def attacked(eps: float) -> list[torch.Tensor]:
    """Attack the users within an L2 radius: by gradients through the median, and by random directions."""
    loss = SquaredError(trained(), Y)
    climb = {"steps": 10, "step": 2.5, "random_start": True, "keep_best": True}
    found = [gradient.perturb(loss, X, eps=eps, norm="l2", **climb)]
    found.append(apgd.perturb(loss, X, eps=eps, norm="l2", steps=10))
    generator = torch.Generator().manual_seed(0)
    tried = torch.stack([X + eps * unit(torch.randn(X.shape, generator=generator), "l2") for _ in range(20)])
    worst = torch.stack([loss(one) for one in tried]).argmax(dim=0)
    return [*found, tried[worst, torch.arange(len(X))]]


def reported_errors(x: torch.Tensor) -> np.ndarray:
    """Return errors (N,) [m] of the median under fresh noise."""
    return np.linalg.norm(np.median(under_noise(x, seed=2), axis=1) - Y.double().numpy(), axis=1)


@pytest.mark.parametrize("radius_sigmas", [0.5, 1.5])
def test_never_violated(radius_sigmas: float) -> None:
    """No attack within the radius drives a reported estimate beyond its verified error."""
    estimates, radius = under_noise(X, seed=1), radius_sigmas * trained().sigma
    (certified,) = certificate.certified_errors(estimates, Y.double().numpy(), [radius_sigmas], 0.999)

    for moved in attacked(radius):
        assert torch.linalg.vector_norm((moved - X).flatten(1), dim=1).max() <= radius * (1 + 1e-5)
        assert (reported_errors(moved) <= certified).all()


def test_can_be_violated() -> None:
    """The attacks are strong: a bound for an eighth of their radius fails for most users."""
    (claimed,) = certificate.certified_errors(under_noise(X, seed=1), Y.double().numpy(), [0.25], 0.999)

    assert (reported_errors(attacked(2.0 * trained().sigma)[0]) > claimed).mean() > 0.5


@pytest.mark.parametrize("name", ["unit", "raw", "db"])
@pytest.mark.parametrize("convention", CONVENTIONS.values(), ids=CONVENTIONS)
def test_power(name: str, convention) -> None:
    """No channel perturbation of the certified power moves the input beyond the radius.

    For a linear scale, one perturbation moves it exactly by the radius.
    """
    csi = RNG.normal(size=(20, 8, 6)) + 1j * RNG.normal(size=(20, 8, 6))
    adp, scale, radius = from_matrix(csi, convention), Scale(name, 20.0), 0.1
    share = torch.tensor(10 ** (certificate.certified_psr_db(radius, adp, scale) / 20)).view(-1, 1, 1, 1)

    def moved(seen: domains.Domain, direction: torch.Tensor) -> torch.Tensor:
        change = seen.inputs(seen.start + share * unit(direction, "l2")) - seen.inputs(seen.start)
        return torch.linalg.vector_norm(change.flatten(1), dim=1)

    channels, profiles = domains.of_channels(csi, scale, convention), domains.of_profiles(adp, scale)
    reach = moved(channels, torch.tensor(RNG.normal(size=channels.start.shape)))
    full = moved(profiles, torch.ones_like(profiles.start))

    assert max(reach.max(), full.max()) <= radius * (1 + 1e-9)
    assert name == "db" or full.numpy() == pytest.approx(radius, rel=1e-9)


def test_silent_user() -> None:
    """A user without signal has the power +inf, since nothing moves its input; radius 0 has the power -inf."""
    adp, scale = np.stack([np.zeros((4, 4)), np.ones((4, 4))]), Scale("unit", 1.0)

    assert certificate.certified_psr_db(0.4, adp, scale) == pytest.approx([np.inf, -20])
    assert certificate.certified_psr_db(0.0, adp, scale) == pytest.approx([-np.inf, -np.inf])
