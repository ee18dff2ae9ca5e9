"""Eq. (11)-(14) and the literature's forms agree with closed forms and with the equations in numpy."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_attacks import CONFIGURED, EPS, X, Y, generators, run, squared_error
from torch import Tensor

from robustloc.base import plugins


def linear(weight: Tensor, residual: Tensor):
    """Squared error of a scalar linear model with residual r at x = 0: (w.x + r)^2 per sample."""
    return lambda x: (x.flatten(1) @ weight + residual) ** 2


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), eps=st.floats(1e-4, 1.0), pixels=st.integers(1, 40))
def test_closed_forms_on_a_linear_model(seed: int, eps: float, pixels: int) -> None:
    """On w.x + r the sign attacks reach |r| + eps |w|_1 and the L2 attacks |r| + eps |w|_2, exactly."""
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(pixels, dtype=torch.float64, generator=generator)
    residual = torch.randn(5, dtype=torch.float64, generator=generator)
    residual = residual + 0.1 * residual.sign()  # a residual of zero has no direction to grow in
    loss = linear(weight, residual)
    x = torch.zeros(5, pixels, dtype=torch.float64)
    reach = {"linf": weight.abs().sum(), "l2": weight.norm()}

    for name in ("fgsm", "fgm", "pgd", "mim"):
        attack = plugins.attack(CONFIGURED[name])
        found = loss(attack(loss, x, eps=eps, generators=generators(range(5)))).sqrt()
        expected = residual.abs() + eps * reach[CONFIGURED[name]["norm"]]
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", ["pgd_linf", "pgd_l2", "mi_fgsm", "apgd", "apgd_l2"])
def test_random_starts_reach_the_closed_form(name: str) -> None:
    """The literature's forms end at the worst point of a linear model, also from a random start."""
    weight = torch.randn(20, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    loss = linear(weight, torch.full((4,), 0.5, dtype=torch.float64))
    long = {"steps": 200} | ({"step": 50.0} if name.startswith("pgd") else {})
    entry = CONFIGURED[name] | {"parameters": CONFIGURED[name]["parameters"] | {"minimum": None} | long}
    x = torch.zeros(4, 20, dtype=torch.float64)

    found = loss(plugins.attack(entry)(loss, x, eps=0.01, generators=generators(range(4)))).sqrt()

    reach = weight.abs().sum() if entry["norm"] == "linf" else weight.norm()
    torch.testing.assert_close(found, (0.5 + 0.01 * reach).expand(4), rtol=1e-12, atol=0)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), eps=st.floats(1e-4, 1.0), pixels=st.integers(1, 40))
def test_search_stays_below_the_closed_form(seed: int, eps: float, pixels: int) -> None:
    """On a linear model, Square and SPSA raise the loss, but never above the worst point of the ball."""
    weight = torch.randn(pixels, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    loss = linear(weight, torch.full((3,), 0.5, dtype=torch.float64))
    x = torch.zeros(3, pixels, dtype=torch.float64)
    for name in ("square", "spsa"):
        entry = CONFIGURED[name] | {"parameters": CONFIGURED[name]["parameters"] | {"minimum": None}}
        found = loss(plugins.attack(entry)(loss, x, eps=eps, generators=generators(range(3)))).sqrt()
        assert (found <= (0.5 + eps * weight.abs().sum()) * (1 + 1e-12)).all()
        assert (found > 0.5).all()


def gradient(x: np.ndarray) -> np.ndarray:
    """Return the gradient of each sample's squared error."""
    point = torch.tensor(x, requires_grad=True)
    squared_error(Y)(point).sum().backward()
    return point.grad.numpy()


def unit(g: np.ndarray) -> np.ndarray:
    """L2-normalised per sample."""
    return g / np.sqrt((g**2).sum(axis=(1, 2, 3), keepdims=True))


def test_equations_as_printed() -> None:
    """Eq. (11)-(14) written out in numpy, N = 10, mu = 1, alpha = eps / N."""
    start, count, decay = X.numpy(), 10, 1.0
    pgd, mim, memory = start.copy(), start.copy(), 0.0
    for _ in range(count):
        pgd = pgd + EPS / count * unit(gradient(pgd))
        memory = decay * memory + unit(gradient(mim))
        mim = mim + EPS / count * np.sign(memory)
    expected = {
        "fgsm": start + EPS * np.sign(gradient(start)),
        "fgm": start + EPS * unit(gradient(start)),
        "pgd": pgd,
        "mim": mim,
    }

    for name, value in expected.items():
        np.testing.assert_allclose(run(name).numpy(), value, rtol=0, atol=1e-14, err_msg=name)


@pytest.mark.parametrize(("name", "norm"), [("pgd", "l2"), ("mim", "linf")])
def test_clip_never_binds(name: str, norm: str) -> None:
    """With alpha = eps / N the iterates never leave the ball, so Eq. (13)'s Clip changes nothing."""
    steps = [X]
    gradients = [torch.tensor(gradient(X.numpy()))]
    memory = torch.zeros_like(X)
    for _ in range(10):
        direction = gradients[-1] / torch.linalg.vector_norm(gradients[-1], dim=(1, 2, 3), keepdim=True)
        memory = memory + direction
        steps.append(steps[-1] + EPS / 10 * (direction if name == "pgd" else memory.sign()))
        gradients.append(torch.tensor(gradient(steps[-1].numpy())))
    order = 2 if norm == "l2" else math.inf
    for point in steps:
        assert (torch.linalg.vector_norm((point - X).flatten(1), ord=order, dim=1) <= EPS * (1 + 1e-12)).all()
    torch.testing.assert_close(run(name), steps[-1], rtol=0, atol=1e-14)
