"""Attacks on any network: all input shapes, types and precisions work, and the network does not change."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import robustloc as rl
from robustloc.attacks.parts.steps import size

X = torch.rand(70, 1, 8, 8, generator=torch.Generator().manual_seed(0))
Y = 5 * torch.rand(70, 3, generator=torch.Generator().manual_seed(1))
PARAMETERS = {
    "gradient": {"steps": 3, "random_start": True},
    "apgd": {"steps": 5},
    "square": {"queries": 5},
    "spsa": {"steps": 2},
    "noise": {},
    "universal": {"epochs": 2, "examples": (X[:10], Y[:10])},
}


def network(dtype: torch.dtype = torch.float32) -> nn.Module:
    """Build a network with batch statistics and dropout, in training mode except for one part."""
    torch.manual_seed(0)
    made = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(4 * 36, 3)
    )
    made[1].eval()
    return made.to(dtype)


def errors(model: nn.Module, x: Tensor) -> np.ndarray:
    """Return position errors [m] in eval mode."""
    return rl.position_error(model.eval()(x), Y)


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_attack(name: str) -> None:
    """Every attack moves inputs within the budget; every attack except noise increases the mean error."""
    moved = rl.attack(network(), X, Y, name, eps=0.02, **PARAMETERS[name])

    assert moved.shape == X.shape
    assert 0 < float(size(moved - X, "linf").max()) <= 0.02 * (1 + 1e-5)
    if name != "noise":
        assert errors(network(), moved).mean() > errors(network(), X).mean()


def test_budget_of_l2() -> None:
    """The L2 budget limits the norm of a sample's whole perturbation."""
    moved = rl.attack(network(), X, Y, "gradient", eps=0.3, norm="l2", step=2.0)

    torch.testing.assert_close(size(moved - X, "l2").flatten(), torch.full((70,), 0.3), rtol=1e-4, atol=0)


def test_leaves_no_trace() -> None:
    """Weights, statistics, gradients and the mode of every part stay as they were."""
    model = network()
    model(X).sum().backward()
    state = [part.clone() for part in (*model.state_dict().values(), *(p.grad for p in model.parameters()))]
    modes = [part.training for part in model.modules()]
    rl.attack(model, X, Y, "apgd", eps=0.02, steps=3)
    rl.examine(model, X, Y, eps=0.02)

    found = (*model.state_dict().values(), *(p.grad for p in model.parameters()))
    assert all(torch.equal(*pair) for pair in zip(found, state, strict=True))
    assert [part.training for part in model.modules()] == modes


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_without_gradients(context: type) -> None:
    """The result is the same with frozen weights and in a context without gradients."""
    model = network().requires_grad_(False)
    with context():
        moved = rl.attack(model, X, Y, "apgd", eps=0.02, steps=3)

    assert torch.equal(moved, rl.attack(network(), X, Y, "apgd", eps=0.02, steps=3))


def test_arrays_and_precision() -> None:
    """Arrays give the same result as tensors, also read-only ones; the result has the network's precision."""
    arrays = X.numpy().copy(), Y.numpy().astype(float)
    arrays[0].flags.writeable = False
    moved = rl.attack(network(), *arrays, "apgd", eps=0.02, steps=3)

    assert torch.equal(moved, rl.attack(network(), X, Y, "apgd", eps=0.02, steps=3))
    assert rl.attack(network(torch.float64), X, Y, "apgd", eps=0.02, steps=3).dtype == torch.float64


def test_a_sample_does_not_depend_on_the_others() -> None:
    """A sample's result does not depend on the other samples, but it depends on the seed."""
    model = network(torch.float64)
    moved, few, other = (
        rl.attack(model, X[:count], Y[:count], "gradient", eps=0.02, random_start=True, step=0.5, seed=seed)
        for count, seed in ((70, 0), (5, 0), (5, 1))
    )

    torch.testing.assert_close(moved[:5], few, rtol=0, atol=1e-9)
    assert not torch.allclose(few, other)


@pytest.mark.parametrize(
    ("message", "change"),
    {
        "there is no attack plugin 'pgd'; .*apgd, directions, gradient, noise": {"name": "pgd"},
        "apgd: unknown parameters step; valid ones: minimum, restarts, steps": {"step": 1.0},
        "apgd: expected norm in .*found 'l1'": {"norm": "l1"},
        r"expected x of shape .* found \(70, 1, 8, 8\) and \(69, 3\)": {"position": Y[:69]},
        r"expected estimates of shape \(2, 3\) for 2 users, found shape \(2, 64\)": {"model": nn.Flatten()},
        "universal: this attack learns; pass examples=": {"name": "universal"},
        "noise: this attack does not learn; leave examples out": {"name": "noise", "examples": (X, Y)},
    }.items(),
)
def test_mistakes(message: str, change: dict) -> None:
    """A message names the expected value and the value found."""
    call = {"model": network(), "x": X, "position": Y, "name": "apgd", "eps": 0.01} | change
    with pytest.raises(rl.UserError, match=message):
        rl.attack(**call)


def test_examine() -> None:
    """An honest network has right and usable gradients, and the same estimate at every call."""
    found = rl.examine(network(), X.numpy(), Y.numpy(), eps=0.02)

    assert found["clean_rmse_m"] < found["one_step_rmse_m"] <= found["directions_rmse_m"] * 1.01
    assert found["gradient_ratio_low"] == pytest.approx(1, abs=0.01)
    assert found["square_hurts"] == found["noise_hurts"] == 0
    assert found["dead_gradients"] == found["repeat_m"] == found["traces"] == 0
    with pytest.raises(rl.UserError, match=r"at least 0 \(magnitudes\), found -1; correct x"):
        rl.examine(network(), -torch.ones_like(X), Y, eps=0.02)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("gradient", {"step": -1.0}),
        ("gradient", {"step": 0.0}),
        ("gradient", {"random_start": True, "start_radius": -1.0}),
        ("gradient", {"momentum": float("nan")}),
        ("spsa", {"step": float("inf")}),
        ("universal", {"step": 0.0}),
        ("universal", {"epochs": -5}),
    ],
)
def test_parameters_that_disarm(name: str, parameters: dict) -> None:
    """A parameter with which an attack does nothing is refused by its name."""
    examples, key = {"examples": (X, Y)} if name == "universal" else {}, list(parameters)[-1]

    with pytest.raises(rl.UserError, match=f"^{name}: {key}: expected a finite number .*, found {parameters[key]}$"):
        rl.attack(network(), X, Y, name, eps=0.02, **parameters, **examples)


@pytest.mark.parametrize("call", [partial(rl.attack, name="noise"), rl.examine], ids=["attack", "examine"])
def test_impossible_inputs(call: Callable) -> None:
    """The library refuses inputs and positions that are no finite real numbers, and names the wrong argument."""
    for value in (float("nan"), float("inf")):
        x, y = X[:5].clone(), Y[:5].clone()
        x[1, 0, 0, 0] = y[2, 0] = y[3, 1] = value
        with pytest.raises(rl.UserError, match="found NaN or inf for 1 of 5 users; correct x"):
            call(network(), x, Y[:5], eps=0.02)
        with pytest.raises(rl.UserError, match="found NaN or inf for 2 of 5 users; correct position"):
            call(network(), X[:5], y, eps=0.02)
    with pytest.raises(rl.UserError, match="expected real numbers in x and position, found complex ones"):
        call(network(), torch.complex(X, X), Y, eps=0.02)
    for eps in ("0.01", None):
        with pytest.raises(rl.UserError, match=f"found {eps!r}; correct eps"):
            call(network(), X, Y, eps=eps)


def test_seed() -> None:
    """A seed is a whole number of at least 0."""
    for seed in (-1, 0.5):
        with pytest.raises(rl.UserError, match=f"whole number of at least 0, found {seed}; correct seed"):
            rl.attack(network(), X, Y, "noise", eps=0.02, seed=seed)
