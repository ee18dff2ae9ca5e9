"""Weighted nearest neighbours agree with brute force, also where distances are zero or equal."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from robustloc.attacks import directions
from robustloc.attacks.parts.losses import SquaredError
from robustloc.localizer.checkpoint import load, save
from robustloc.localizer.network import build
from robustloc.models import wknn

MODEL = {"plugin": "wknn", "parameters": {"neighbours": 3, "references": 40}}


def users(count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Made-up inputs and standardised positions."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(count, 1, 4, 4, generator=generator, dtype=torch.float64)
    return x, torch.randn(count, 3, generator=generator, dtype=torch.float64)


def made(count: int = 30) -> wknn.WKNN:
    """A module that remembers made-up users."""
    torch.manual_seed(0)
    module = wknn.build((1, 4, 4), **MODEL["parameters"])
    module.remember(*users(count))
    return module


def brute_force(x: Tensor, known: Tensor, positions: Tensor) -> Tensor:
    """Evaluate the formula for one input over all distances."""
    distances, order = (known - x).flatten(1).norm(dim=1).sort()
    weights = 1 / distances[:3] - 1 / distances[3]
    return (weights[:, None] * positions[order[:3]]).sum(dim=0) / weights.sum()


def test_formula() -> None:
    """The estimate is the weighted mean of the three nearest."""
    known, positions = users(30)
    x, _ = users(20, seed=1)

    expected = torch.stack([brute_force(one, known, positions) for one in x])

    torch.testing.assert_close(made()(x), expected, rtol=0, atol=1e-6)


def test_near_duplicates() -> None:
    """Among almost equal references, estimates and gradients in single precision are those in double precision."""
    x, y = users(30)
    groups = x[:5].repeat(6, 1, 1, 1) + 1e-4 * x
    single, double = (wknn.build((1, 4, 4), **MODEL["parameters"]).to(kind) for kind in (torch.float32, torch.float64))
    single.remember(groups.float(), y.float())
    double.x, double.y = single.x.double(), single.y.double()
    near = (groups + 1e-4).float().double().requires_grad_()

    brute = torch.stack([brute_force(one, double.x.view(-1, 1, 4, 4), double.y) for one in near])
    (exact,) = torch.autograd.grad(brute.sum(), near)
    for module, rounding in ((double, 1e-5), (single, 1e-3)):
        estimate = module(near.to(module.x)).double()
        (slope,) = torch.autograd.grad(estimate.sum(), near)
        torch.testing.assert_close(estimate, brute, rtol=0, atol=rounding)
        torch.testing.assert_close(slope, exact, rtol=0, atol=rounding * float(exact.abs().max()))


def test_remembered_users_find_themselves() -> None:
    """At distance 0 the estimate is the user's own position, and the gradient is finite."""
    x, y = users(30)
    x.requires_grad_()

    estimate = made()(x)
    (gradient,) = torch.autograd.grad(estimate.square().sum(), x)

    torch.testing.assert_close(estimate, y, rtol=0, atol=1e-6)
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_equal_inputs(shift: float) -> None:
    """Users with the same input, such as users without a path, are one reference at their mean position."""
    x, y = users(6)
    equals = torch.zeros(100, 1, 4, 4, dtype=x.dtype)
    module, other = (wknn.build((1, 4, 4), neighbours=3).double() for _ in range(2))
    positions = torch.randn(100, 3, dtype=y.dtype)
    module.remember(torch.cat([x, equals]), torch.cat([y, positions]))
    other.remember(torch.cat([x, equals[:1]]), torch.cat([y, positions.mean(dim=0, keepdim=True)]))
    near = torch.full((1, 1, 4, 4), shift, dtype=x.dtype, requires_grad=True)

    estimate = module(near)
    (gradient,) = torch.autograd.grad(estimate.sum(), near)

    torch.testing.assert_close(estimate, other(near))
    assert torch.isfinite(gradient).all()


def test_continuity() -> None:
    """Between two users, across many sets of neighbours, ten times smaller steps change estimates ten times less."""
    x, _ = users(2, seed=1)

    def largest_change(steps: int) -> float:
        way = torch.linspace(0, 1, steps + 1, dtype=torch.float64)[:, None, None, None]
        return made()(x[:1] + way * (x[1:] - x[:1])).diff(dim=0).norm(dim=1).max().item()

    assert largest_change(20_000) == pytest.approx(largest_change(2_000) / 10, rel=0.1)


def test_references_are_drawn() -> None:
    """From a larger set of users, a random part of the given size is kept, each user with its own position."""
    x, y = users(500)
    module = made(500)
    own = (module(x) - y).norm(dim=1) < 1e-6

    assert len(module.x) == own.sum() == 40
    assert own[250:].sum() > 5


def test_too_few_users() -> None:
    """The weights need one user more than there are neighbours."""
    with pytest.raises(ValueError, match="neighbours: expected fewer than the 3 different users, found 3"):
        made(3)


def test_without_memories() -> None:
    """Before the module remembers users, its estimate is zero and has a gradient."""
    x = torch.rand(2, 1, 4, 4, requires_grad=True)
    estimate = wknn.build((1, 4, 4))(x)
    (gradient,) = torch.autograd.grad(estimate.sum(), x)

    assert torch.equal(estimate, torch.zeros(2, 3))
    assert torch.equal(gradient, torch.zeros_like(x))


def test_file(tmp_path: Path) -> None:
    """A checkpoint holds the users, for any number of them."""
    original = build(MODEL, (4, 4), 5 * torch.randn(30, 3))
    x, y = (part.float() for part in users(30))
    original.network.remember(x, y)
    file = tmp_path / "checkpoint.pt"

    save(file, original, MODEL, (4, 4))
    read = load(file)

    assert torch.equal(read(x), original(x))
    assert len(read.network.x) == 30


def test_candidates_make_their_fingerprint_nearer() -> None:
    """No step of its size makes a fingerprint nearer, compared with the mean of the nearest ones, than its signs."""
    module, x = made(), users(5, seed=1)[0]
    mean = module.x[module._ordered(x.flatten(1), 3)].mean(dim=1)
    ways = list(module.candidates(x))

    assert len(ways) == 30
    for place, way in enumerate(ways):
        near = module.x[module._ordered(x.flatten(1), 30)[:, place]]

        def gap(moved: Tensor, near: Tensor = near) -> Tensor:
            """How much nearer the mean is than the fingerprint, in squares."""
            return ((moved.flatten(1) - near) ** 2).sum(dim=1) - ((moved.flatten(1) - mean) ** 2).sum(dim=1)

        best = gap(x + 0.1 * way.sign())
        for _ in range(5):
            assert (best <= gap(x + 0.1 * (2 * torch.rand_like(x) - 1)) + 1e-9).all()


def test_attacks_use_the_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same attack finds larger errors with them, and never smaller ones before it ascends."""
    module, (x, y) = made(), users(20, seed=1)
    error = SquaredError(module, y)
    short = {"directions": 1, "steps": 1, "last_steps": 1, "eps": 0.3, "norm": "linf"}

    with_them = error(directions.perturb(error, x, **short))
    monkeypatch.setattr(wknn.WKNN, "candidates", lambda self, x: [])
    without = error(directions.perturb(error, x, **short))

    assert with_them.mean() > 1.2 * without.mean()
