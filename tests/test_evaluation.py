"""Crafting on the test users: measured, verified, without a trace on the localizer."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from robustloc import localizer, plugins
from robustloc.errors import UserError
from robustloc.evaluation import Outcome, craft
from robustloc.scale import Scale

RNG = np.random.default_rng(0)
ADP = 0.5 * RNG.random((19, 16, 16)).astype(np.float32)
SCALE = Scale("unit", 0.5)
INPUTS = SCALE.apply(ADP)
POSITIONS = RNG.random((19, 3)) * 10
PGD = {"plugin": "gradient", "norm": "linf", "parameters": {"steps": 3, "step": 2.5, "random_start": True}}


def model() -> localizer.Localizer:
    """A localizer with made-up batch statistics."""
    torch.manual_seed(0)
    made = localizer.build({"plugin": "dcnn", "parameters": {}}, (16, 16), torch.zeros(3), 5.0)
    made(torch.rand(64, 1, 16, 16))
    return made.eval()


def outcome(attack: Callable, eps: float = 0.01, batch_size: int = 8, norm: str = "linf", victim=None) -> Outcome:
    """Attack the made-up users."""
    options = {"eps": eps, "norm": norm, "scale": SCALE, "seeds": list(range(len(ADP))), "batch_size": batch_size}
    return craft(victim or model(), ADP, POSITIONS, attack, **options)


def test_measures_what_was_done() -> None:
    """Predictions are those of the localizer on what was stored; sizes are those of the difference."""
    found = outcome(plugins.attack(PGD))
    difference = (found.adversarial.astype(float) - INPUTS).reshape(19, -1)

    with torch.no_grad():
        clean, moved = (model()(torch.tensor(a).unsqueeze(1)).numpy() for a in (INPUTS, found.adversarial))
    np.testing.assert_allclose(found.clean_prediction, clean, atol=1e-4)
    np.testing.assert_allclose(found.prediction, moved, atol=1e-4)
    np.testing.assert_allclose(found.linf, 0.01, rtol=1e-4)
    np.testing.assert_allclose(found.l2, np.linalg.norm(difference, axis=1))
    signal = np.linalg.norm(INPUTS.reshape(19, -1), axis=1)
    np.testing.assert_allclose(found.psr_db, 20 * np.log10(found.l2 / signal), atol=1e-3)
    spent = found.spent()
    assert spent["nan"] == 0
    assert spent["largest_linf"] == found.linf.max()
    assert spent["range"] == [found.adversarial.min(), found.adversarial.max()]


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_batch_size_does_not_matter(batch_size: int) -> None:
    """A user's adversarial example and prediction do not depend on how many are crafted at once."""
    reference, other = outcome(plugins.attack(PGD), batch_size=19), outcome(plugins.attack(PGD), batch_size=batch_size)

    same = (np.abs(reference.adversarial - other.adversarial) <= 1e-6).mean()
    # in single precision the sign of a gradient that is zero but for rounding may differ
    assert same >= 0.999
    np.testing.assert_allclose(reference.prediction, other.prediction, atol=1e-2)


def test_left_alone() -> None:
    """Where nothing is done nothing moves."""
    found = outcome(lambda loss, x, *, eps, generators: x, eps=0.0)

    np.testing.assert_array_equal(found.adversarial, INPUTS)
    np.testing.assert_array_equal(found.prediction, found.clean_prediction)
    assert (found.psr_db == -np.inf).all()


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_a_broken_budget_is_projected(norm: str) -> None:
    """An attack that spends more than it may is held to its budget, and what it asked for is recorded."""
    found = outcome(lambda loss, x, *, eps, generators: x + 3 * eps, eps=0.005, norm=norm)

    np.testing.assert_allclose(getattr(found, norm), 0.005, rtol=1e-4)
    assert found.unprojected == pytest.approx(3 * 0.005 * (1 if norm == "linf" else 16), rel=1e-4)


def test_a_non_number_is_refused() -> None:
    """So does one that makes NaN."""
    with pytest.raises(UserError, match="non-finite input values"):
        outcome(lambda loss, x, *, eps, generators: x * torch.nan)


def test_leaves_no_trace() -> None:
    """Weights, statistics and gradients of the localizer are as before."""
    victim = model()
    before = {key: value.clone() for key, value in victim.state_dict().items()}
    outcome(plugins.attack(PGD), victim=victim)

    assert all(torch.equal(value, before[key]) for key, value in victim.state_dict().items())
    assert all(parameter.grad is None for parameter in victim.parameters())
