"""Verdicts: honest localizers are believed, planted faults are caught, each by the word that it deserves."""

import copy
from functools import cache

import pytest
import torch
from configurations import LIMITS
from torch import Tensor, nn
from torchdiffeq import odeint

from robustloc.base.errors import UserError
from robustloc.localizer.network import Localizer, build
from robustloc.robustness import examination, verdict

EPS, SIZE = 0.004, 16


def users(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Made-up profiles, a peak in the plane whose place is the position of the user in a room of 10 m."""
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
    """A localizer that has learnt the made-up users a little."""
    torch.manual_seed(0)
    made = build({"plugin": plugin, "parameters": {}}, (SIZE, SIZE), Y).train()
    optimiser = torch.optim.AdamW(made.parameters(), lr=3e-3)
    for step in range(150):
        x, y = users(64, seed=100 + step)
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
        """Estimate what the fault leaves."""
        return self.inner(self.fault(x))


class Adaptive(nn.Module):
    """The block of a neural ODE under an adaptive solver, one step length for the whole batch."""

    def __init__(self, block: nn.Module):
        super().__init__()
        self.field = block.field

    def forward(self, h: Tensor) -> Tensor:
        """Solve from 0 to 1."""
        return odeint(self.field, h, torch.tensor([0.0, 1.0], dtype=h.dtype), rtol=1e-2, atol=1e-2, method="dopri5")[-1]


def judged(
    made: nn.Module, other: nn.Module, solver: nn.Module | None = None, count: int = 64, queries: int = 150
) -> tuple[str, dict[str, verdict.Check]]:
    """Examine and judge; examples of the other localizer are tried as well."""
    x, y = X[:count], Y[:count]
    run = examination.attacks(EPS, largest=1.0, queries=queries)
    figures = examination.examine(made, x, y, run, constant=Y.mean(dim=0), solver=solver)
    attack, eps = run["pgd"]
    moved = attack(examination.squared_error(other, y), x, eps=eps, norm="linf")
    checks = verdict.judge(
        figures | {"transfer_rmse_m": examination.rmse(examination.squared_error(made, y), moved)}, LIMITS
    )
    return verdict.word(checks), {check.check: check for check in checks}


def failed(checks: dict[str, verdict.Check]) -> set[str]:
    """Names of the failed checks."""
    return {name for name, check in checks.items() if check.passed is False}


@pytest.mark.parametrize("plugin", ["dcnn", "neural_ode"])
def test_honest_localizers(plugin: str) -> None:
    """The plain DCNN and the neural ODE of fixed steps are not masked, nor a matter of protocol."""
    word, checks = judged(trained(plugin), trained("dcnn" if plugin == "neural_ode" else "neural_ode"))

    assert word in ("OK", "WARN"), checks
    assert checks["C2"].figure == pytest.approx(1, abs=1e-3)


def test_rounded_input() -> None:
    """A localizer that rounds its input has no gradients to follow, but its unrounded twin betrays it."""
    word, checks = judged(Planted(trained("dcnn"), lambda x: torch.round(x * 256) / 256), trained("dcnn"))

    assert word == "MASKED"
    assert {"C1", "C9"} <= failed(checks)


def test_noise() -> None:
    """A random estimate is a matter of protocol, not of masking."""
    word, checks = judged(Planted(trained("dcnn"), lambda x: x + 0.002 * torch.randn_like(x)), trained("neural_ode"))

    assert word == "PROTOCOL", checks
    assert "P1" in failed(checks)
    assert checks["C2"].passed is None


def test_adaptive_solver() -> None:
    """An adaptive solver makes a user's estimate depend on who else is in the batch."""
    exact = trained("neural_ode")
    made = copy.deepcopy(exact)
    made.network.blocks[0] = Adaptive(made.network.blocks[0])
    # few users and queries: how many steps such a solver takes is its own affair
    word, checks = judged(made, trained("dcnn"), solver=exact, count=16, queries=5)

    assert word == "PROTOCOL", checks
    assert "P2" in failed(checks)
    assert checks["C10"].passed


def test_constant_is_not_masked() -> None:
    """A localizer that looks at nothing has no gradient, and hides nothing."""
    made = build({"plugin": "constant", "parameters": {}}, (SIZE, SIZE), Y).eval()
    word, checks = judged(made, trained("dcnn"))

    assert word == "OK", checks


def test_an_attack_that_cheats() -> None:
    """One that spends too much or leaves a trace is found out."""
    made, run = copy.deepcopy(trained("dcnn")), examination.attacks(EPS, largest=1.0, queries=5)

    def cheat(loss, x, *, eps, norm):
        made.network.dense.weight.grad = torch.zeros_like(made.network.dense.weight)
        return x + 1.1 * eps

    figures = examination.examine(made, X, Y, run | {"fgsm": (cheat, EPS)}, constant=Y.mean(dim=0))
    checks = {check.check: check for check in verdict.judge(figures | {"transfer_rmse_m": None}, LIMITS)}

    assert {"P3", "P4"} <= failed(checks)
    assert checks["C9"].passed is None


def test_estimates_that_are_no_numbers() -> None:
    """A broken localizer has no verdict but a message."""
    run = examination.attacks(EPS, largest=1.0, queries=5)
    with pytest.raises(UserError, match="under noise the estimates are no finite numbers"):
        examination.examine(Planted(trained("dcnn"), lambda x: x * torch.nan), X, Y, run, constant=Y.mean(dim=0))
