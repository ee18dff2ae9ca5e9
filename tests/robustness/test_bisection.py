"""Smallest epsilons are those of networks for which they are known, within the resolution of the bisection."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from robustloc.attacks import apgd, directions, gradient
from robustloc.base.errors import UserError
from robustloc.robustness.bisection import smallest_epsilons

PGD = partial(gradient.perturb, steps=40, step=5.0, shrink=True, random_start=True, keep_best=True)
ATTACKS = {"pgd": PGD, "apgd": partial(apgd.perturb, steps=20), "directions": partial(directions.perturb, steps=5)}
LARGEST, TOLERANCE_M, BISECTIONS = 0.4, 1.0, 10
WEIGHTS = torch.tensor([1.5, -2.0, 0.5, 0.0])
# what each user's displacement is multiplied with; no epsilon moves the last two far enough
GAINS = torch.tensor([1.0, 2.0, 3.0, 7.0, 20.0, 0.25, 0.0])


class Linear(nn.Module):
    """Moves an estimate along x by gain * <weights, pixels>; the first pixel is four times the gain, rounded."""

    def forward(self, x: Tensor) -> Tensor:
        gain, pixels = x[:, 0].detach().round() / 4, x[:, 1:]
        return torch.stack([gain * (pixels @ WEIGHTS.to(x)), 0 * gain, 0 * gain], dim=1)


def searched(users: list[int], attack: str = "pgd", norm: str = "linf", **changes: object) -> tuple:
    """Search the smallest epsilons of some users."""
    x = torch.cat([4 * GAINS[:, None], torch.arange(28.0).view(7, 4) / 28], dim=1)[users].double()
    settings = {"largest_epsilon": LARGEST, "tolerance_m": TOLERANCE_M, "bisections": BISECTIONS, "seeds": users}
    run = partial(ATTACKS[attack], norm=norm)
    return smallest_epsilons(Linear(), x, run, norm=norm, **settings | changes)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_closed_form(attack: str, norm: str) -> None:
    """A linear displacement exceeds the tolerance beyond tolerance / (gain * dual norm); two users stay."""
    epsilons, moved_m = searched(list(range(7)), attack, norm)
    exact = TOLERANCE_M / (GAINS[:6] * torch.linalg.vector_norm(WEIGHTS, ord=1 if norm == "linf" else 2)).numpy()

    assert np.isinf(epsilons).tolist() == [False] * 5 + [True] * 2
    above = epsilons[:5] - exact[:5]
    assert (above > -1e-6).all()
    assert (above < 2 * LARGEST / 2**BISECTIONS).all()
    assert (moved_m[:5] > TOLERANCE_M).all()
    assert moved_m[5] == pytest.approx(TOLERANCE_M * LARGEST / exact[5], rel=0.01)
    assert moved_m[6] == 0


def test_users_are_independent_and_repeatable() -> None:
    """A user's result does not depend on the other users, nor on the run."""
    together = np.stack(searched(list(range(7))))

    alone = np.concatenate([np.stack(searched([user])) for user in range(7)], axis=1)
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(together, np.stack(searched(list(range(7)))))


def test_more_bisections_never_raise_an_epsilon() -> None:
    """Each round keeps the smallest epsilon that worked; without rounds it is the largest epsilon."""
    found = np.stack([searched(list(range(5)), bisections=rounds)[0] for rounds in range(6)])

    assert (found[0] == LARGEST).all()
    assert (np.diff(found, axis=0) <= 0).all()
    assert (found[1:] < LARGEST).any(axis=0).all()


def test_an_attack_without_a_start_is_refused() -> None:
    """At the estimate without attack the displacement has no gradient; an attack that stays there finds nothing."""
    x = torch.ones(3, 5)
    settings = {"largest_epsilon": 1.0, "tolerance_m": 1.0, "bisections": 1, "seeds": [0, 1, 2], "norm": "linf"}

    with pytest.raises(UserError, match="random start, such as pgd_linf"):
        smallest_epsilons(Linear(), x, partial(gradient.perturb, norm="linf", steps=1), **settings)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_epsilon_moves_a_constant(attack: str, norm: str) -> None:
    """Nothing moves the estimates of a network that ignores its input, and no attack is to blame for it."""
    constant = Linear().requires_grad_(False)
    constant.forward = lambda x: 0 * x[:, :3] + 5.0
    settings = {"largest_epsilon": 1.0, "tolerance_m": 1.0, "bisections": 1, "seeds": [0, 1, 2], "norm": norm}

    epsilons, moved_m = smallest_epsilons(constant, torch.ones(3, 5), partial(ATTACKS[attack], norm=norm), **settings)

    assert np.isinf(epsilons).all()
    assert (moved_m == 0).all()
