"""What each attack can do: APGD needs no step size, search needs no gradient, targets attract estimates."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from test_attacks import CONFIGURED, EPS, MODEL, X, Y, generators, run, squared_error
from torch import Tensor, nn

from robustloc.attacks import apgd, directions, gradient, noise, spsa, square, universal
from robustloc.attacks.parts.losses import SquaredError, closeness
from robustloc.attacks.parts.steps import size
from robustloc.base import plugins

LOSS = squared_error(Y)


def rippled(x: Tensor) -> Tensor:
    """A loss with many local maxima."""
    return LOSS(x + 0.1 * torch.sin(60 * x))


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_apgd_needs_no_step_size(norm: str) -> None:
    """APGD's loss is as large as PGD's with the best of several steps, and larger than with a bad step."""
    options = {"norm": norm, "eps": 10 * EPS, "steps": 40}
    start = {"random_start": True, "keep_best": True}
    found = LOSS(apgd.perturb(LOSS, X, **options)).mean()
    steps = [LOSS(gradient.perturb(LOSS, X, **options, **start, step=step)).mean() for step in (0.2, 1.0, 2.5, 10.0)]

    assert found >= 0.98 * max(steps)
    assert found > 1.1 * min(steps)


def test_apgd_is_judged_as_published() -> None:
    """With 100 steps, progress is judged after 22, 41, 57, 70, 80, 87, 93 and 99."""
    assert apgd.judged_after(100) == [22, 41, 57, 70, 80, 87, 93, 99]


@pytest.mark.parametrize("attack", [gradient.perturb, apgd.perturb])
def test_restarts_never_lose(attack: Callable) -> None:
    """Each sample keeps the best of several starts."""
    options = {"eps": EPS, "norm": "linf", "steps": 5} | ({"random_start": True} if attack is gradient.perturb else {})
    once = rippled(attack(rippled, X, **options))
    thrice = rippled(attack(rippled, X, **options, restarts=3))

    assert (thrice >= once).all()
    assert (thrice > once).any()


@pytest.mark.parametrize("attack", [square.perturb, spsa.perturb])
def test_search_sees_through_steps(attack: Callable) -> None:
    """Behind a rounded input all gradients are zero, but attacks without gradients still do more than noise."""

    def rounded(x: Tensor) -> Tensor:
        return LOSS(torch.round(x * 64) / 64)

    options = {"eps": EPS, "norm": "linf", "generators": generators(range(32))}

    assert torch.equal(gradient.perturb(rounded, X, **options), X)
    assert rounded(attack(rounded, X, **options)).mean() > rounded(noise.perturb(rounded, X, **options)).mean()


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_noise_uses_the_whole_budget(norm: str) -> None:
    """Noise uses the whole budget."""
    moved = noise.perturb(LOSS, X, eps=EPS, norm=norm)

    torch.testing.assert_close(size(moved - X, norm), torch.full((32, 1, 1, 1), EPS, dtype=X.dtype))


def test_universal_is_one_for_all() -> None:
    """All users get the same perturbation, and it hurts unseen users more than noise of its size does."""
    learnt = [(squared_error(Y[:16]), X[:16]), (squared_error(Y[16:24]), X[16:24])]
    own = squared_error(Y[24:])
    moved = universal.perturb(own, X[24:], eps=EPS, norm="linf", examples=learnt)

    torch.testing.assert_close(moved - X[24:], (moved - X[24:])[:1].expand(8, -1, -1, -1), rtol=0, atol=1e-15)
    assert own(moved).mean() > own(noise.perturb(own, X[24:], eps=EPS, norm="linf")).mean()


def test_universal_of_unknown_phase() -> None:
    """The perturbation has the same magnitude for all users, and a different phase for each."""
    x = torch.randn(16, 2, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(5))

    def loss(z: Tensor) -> Tensor:
        return squared_error(Y[:16])(torch.hypot(z[:, :1], z[:, 1:]))

    moved = universal.perturb(loss, x, eps=EPS, norm="l2", examples=[(loss, x)], random_phase=True)

    added = torch.hypot(*(moved - x).unbind(dim=1))
    torch.testing.assert_close(added, added[:1].expand_as(added))
    assert (moved - x)[:, 0].std(dim=0).min() > 0
    assert (size(moved - x, "l2") <= EPS * (1 + 1e-12)).all()
    with pytest.raises(ValueError, match="expected complex inputs"):
        universal.perturb(LOSS, X, eps=EPS, norm="l2", examples=[(LOSS, X)], random_phase=True)


def test_targets_draw() -> None:
    """A targeted attack moves estimates towards the target, and nearer to it than an untargeted attack does."""
    target = Y + torch.tensor([0.0, 3.0, 0.0], dtype=torch.float64)
    attack = partial(plugins.attack(CONFIGURED["to_north"]), eps=EPS, generators=generators(range(32)))
    distance = squared_error(target)

    drawn = distance(attack(closeness(MODEL, target), X))

    assert (drawn < distance(X)).all()
    assert drawn.mean() < distance(run("pgd_linf")).mean()


def test_directions_leave_a_local_maximum() -> None:
    """Estimates can be driven north or south; the attack finds the farther end, where no gradient at x leads."""

    class TwoWays(nn.Module):
        """Estimates on a line: up to 1.3 m north along the gradient at 0.5, up to 2.7 m south behind a kink."""

        def forward(self, x: Tensor) -> Tensor:
            """Estimate positions (N, 3) [m]."""
            way = x.flatten(1).mean(dim=1) - 0.5
            north = torch.where(way > -0.025, 20 * way + 0.5, 180 * (way + 0.025))
            return torch.stack([0 * way, north, 0 * way], dim=1)

    x = torch.full((8, 1, 4, 4), 0.5, dtype=torch.float64)
    loss = SquaredError(TwoWays(), torch.zeros(8, 3, dtype=torch.float64))
    options = {"eps": 0.04, "norm": "linf"}

    stuck, found = (loss(attack(loss, x, **options)).sqrt() for attack in (gradient.perturb, directions.perturb))

    assert (stuck < 1.5).all()
    assert (found > 2.5).all()


def test_directions_need_a_displacement() -> None:
    """A loss with a target has no direction of error."""
    with pytest.raises(ValueError, match="remove the attack's target"):
        directions.perturb(closeness(MODEL, Y), X, eps=EPS, norm="linf")


def test_directions_in_single_precision() -> None:
    """Rounding of x + eps is no reason to drop a point: the attack reaches the closed form of a linear model."""
    torch.manual_seed(0)
    linear = nn.Sequential(nn.Flatten(), nn.Linear(36, 3)).requires_grad_(False)
    linear[1].weight[[0, 2]] = 0
    x = 0.5 + 0.49 * X.float()
    loss = SquaredError(linear, linear(x) - torch.tensor([0.0, 0.01, 0.0]))

    found = loss(directions.perturb(loss, x, eps=4e-4, norm="linf")).sqrt()

    reached = 0.01 + 4e-4 * linear[1].weight[1].abs().sum()
    torch.testing.assert_close(found, reached.expand(32), rtol=1e-3, atol=0)
