"""The examination passes honest localizers and finds planted faults; each fault has the right verdict."""

import copy
from functools import cache

import examinations
import numpy as np
import pytest
import torch
from configurations import LIMITS
from torch import Tensor, nn
from torchdiffeq import odeint

from robustloc.attacks.parts.losses import SquaredError
from robustloc.base.errors import UserError
from robustloc.localizer.network import Localizer, build
from robustloc.robustness import examination, verdict
from robustloc.robustness.convergence import hurt
from robustloc.robustness.own_network import examined

EPS, SIZE = 0.004, 8
# no longer attack is asked for
LONGER = {"transfer_hurts": None, **dict.fromkeys(verdict.LONGER)}


def users(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Make profiles with one peak each; its place in the profile is the user's position in a room of 10 m."""
    generator = torch.Generator().manual_seed(seed)
    place = torch.rand(count, 2, generator=generator)
    bins = torch.arange(SIZE) / SIZE
    across, along = (torch.exp(-((bins - place[:, n, None]) ** 2) / 0.02) for n in range(2))
    x = (across[:, :, None] * along[:, None, :]).unsqueeze(1)
    position = torch.cat([10 * place, torch.full((count, 1), 1.5)], dim=1)
    return x + 0.01 * torch.rand(x.shape, generator=generator), position


X, Y = users(64, seed=1)


@cache
def trained(plugin: str) -> Localizer:
    """Train a localizer for a short time on made-up users."""
    torch.manual_seed(0)
    made = build({"plugin": plugin, "parameters": {}}, (SIZE, SIZE), Y).train()
    optimiser = torch.optim.AdamW(made.parameters(), lr=3e-3)
    for step in range(100):
        x, y = users(32, seed=100 + step)
        optimiser.zero_grad()
        (made(x) - y).square().sum(dim=1).mean().backward()
        optimiser.step()
    return made.eval()


class Planted(nn.Module):
    """A localizer with a fault in front of it."""

    def __init__(self, inner: nn.Module, fault):
        super().__init__()
        self.inner, self.fault = inner, fault

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions from the faulty input."""
        return self.inner(self.fault(x))


class Rounding(nn.Module):
    """Rounds its input to 256 levels; attacks may take the identity for it."""

    def forward(self, x: Tensor) -> Tensor:
        """Round."""
        return torch.round(x * 256) / 256

    def stand_in(self, x: Tensor) -> Tensor:
        """Return the input."""
        return x


class Adaptive(nn.Module):
    """The block of a neural ODE with an adaptive solver that has one step size for the whole batch."""

    def __init__(self, block: nn.Module):
        super().__init__()
        self.field = block.field

    def forward(self, h: Tensor) -> Tensor:
        """Solve from 0 to 1."""
        return odeint(self.field, h, torch.tensor([0.0, 1.0], dtype=h.dtype), rtol=1e-2, atol=1e-2, method="dopri5")[-1]


def judged(
    made: nn.Module, other: nn.Module, solver: nn.Module | None = None, count: int = 32
) -> tuple[str, dict[str, verdict.Check]]:
    """Examine and judge a localizer, also under examples of another localizer."""
    x, y = X[:count], Y[:count]
    figures, gradients = examined(made, x, y, EPS, solver=solver)
    moved = examination.pgd()(SquaredError(other, y), x, eps=EPS, norm="linf")
    transferred = hurt(examination.errors(SquaredError(made, y), moved), gradients)
    checks = verdict.judge(figures | LONGER | {"transfer_hurts": transferred}, LIMITS)
    return verdict.word(checks), {check.check: check for check in checks}


def failed(checks: dict[str, verdict.Check]) -> set[str]:
    """Names of the failed checks."""
    return {name for name, check in checks.items() if check.passed is False}


@pytest.mark.parametrize("plugin", ["dcnn", "neural_ode"])
def test_honest_localizers(plugin: str) -> None:
    """The plain DCNN and the neural ODE with fixed steps pass all checks."""
    word, checks = judged(trained(plugin), trained("dcnn" if plugin == "neural_ode" else "neural_ode"))

    assert word == "OK", checks
    assert checks["C2"].figure == pytest.approx(1, abs=1e-3)


def test_rounded_input() -> None:
    """A localizer that rounds its input has no gradients; examples of the same network without rounding show it."""
    word, checks = judged(Planted(trained("dcnn"), lambda x: torch.round(x * 256) / 256), trained("dcnn"))

    assert word == "MASKED"
    assert {"C1", "C4"} <= failed(checks)


@pytest.mark.parametrize("share", [0.15, 1.0])
def test_a_useless_slope(share: float) -> None:
    """Rounding for some users, with a slope that is right and useless, is found by examples of another network."""
    order = torch.randperm(SIZE**2, generator=torch.Generator().manual_seed(3))

    def fault(x: Tensor) -> Tensor:
        slope = 1e-4 * x.flatten(1)[:, order].view_as(x)
        rounded = (torch.round(x / EPS / 2) * EPS * 2).detach() + slope
        first = torch.arange(len(x)) % 32 < share * 32
        return torch.where(first.view(-1, 1, 1, 1), rounded, x)

    # one network is asked about users alone, whose places in the batch then differ, so P2 fails as well
    _, checks = judged(Planted(trained("dcnn"), fault), trained("dcnn"))

    assert "C4" in failed(checks)


def test_noise() -> None:
    """A random estimate fails the protocol, not the checks of gradients."""
    word, checks = judged(Planted(trained("dcnn"), lambda x: x + 0.002 * torch.randn_like(x)), trained("neural_ode"))

    assert "P1" in failed(checks)
    assert checks["C2"].passed is None
    assert word in ("PROTOCOL", "MASKED")


def test_declared_noise() -> None:
    """A random estimate that says over how many draws attacks average is not refused."""
    made = Planted(trained("dcnn"), lambda x: x + 0.0002 * torch.randn_like(x))
    made.draws_for_attacks = 4
    word, checks = judged(made, trained("neural_ode"), count=8)

    assert word == "OK", checks
    assert checks["R3"].figure == 4


def test_rounding_with_a_stand_in() -> None:
    """Rounding through which attacks can see hides nothing."""
    made = nn.Sequential(Rounding(), trained("dcnn"))
    word, checks = judged(made, trained("neural_ode"))

    assert word == "OK", checks
    assert checks["C2"].passed is None


def test_adaptive_solver() -> None:
    """An adaptive solver makes a user's estimate depend on the other users of the batch."""
    exact = trained("neural_ode")
    made = copy.deepcopy(exact)
    made.network.blocks[0] = Adaptive(made.network.blocks[0])
    word, checks = judged(made, trained("dcnn"), solver=exact, count=8)

    assert word == "PROTOCOL", checks
    assert "P2" in failed(checks)
    assert checks["C5"].passed


def test_constant_is_not_masked() -> None:
    """A localizer that ignores its input has a true gradient of zero and is not masked."""
    made = build({"plugin": "constant", "parameters": {}}, (SIZE, SIZE), Y).eval()
    word, checks = judged(made, trained("dcnn"))

    assert word == "OK", checks


def test_an_attack_that_cheats(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attack that exceeds its budget or changes the localizer fails the protocol."""
    made = copy.deepcopy(trained("dcnn"))

    def cheat(loss, x, *, eps, norm):
        made.network.dense.weight.grad = torch.zeros_like(made.network.dense.weight)
        return x + 1.1 * eps

    monkeypatch.setattr(examination, "pgd", lambda: cheat)
    checks = verdict.judge(examinations.examined(made, X, Y, EPS) | LONGER, LIMITS)

    assert {"P3", "P4"} <= failed({check.check: check for check in checks})


def test_estimates_that_are_no_numbers() -> None:
    """A localizer with NaN estimates is refused."""
    with pytest.raises(UserError, match="expected finite estimates under one_step, found NaN"):
        examinations.examined(Planted(trained("dcnn"), lambda x: x * torch.nan), X, Y, EPS)


def test_names_of_attacks() -> None:
    """An attack of the configuration may have any name of an examination, and changes only its own values."""
    torch.manual_seed(0)
    made, x, y = nn.Sequential(nn.Flatten(), nn.Linear(SIZE**2, 3)), X[:4], Y[:4]
    known = {"eps": EPS, "largest": 1.0, "constant": y.mean(dim=0), "solver": made}
    names = ("ladder", "one_step", "unbounded", "constant", "clean", "solver", "transfer")
    worse = {name: np.full(4, 99.0) for name in names}

    plain = examination.examine(made, x, y, **known, gradients={"own": np.ones(4)}, others={"another": np.ones(4)})
    found = examination.examine(made, x, y, **known, gradients={"own": np.ones(4)}, others=worse)

    assert found.pop("hurts") == dict.fromkeys(names, 1.0)
    assert found.pop("rmse_m") == {"own": 1.0} | dict.fromkeys(names, 99.0)
    assert found == {name: value for name, value in plain.items() if name not in ("hurts", "rmse_m")}
