"""Input scales go there and back, and the power ratio is that of the linear magnitudes."""

import numpy as np
import pytest

from robustloc.scale import Scale, perturbation_to_signal_db

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("name", ["unit", "db", "raw"])
def test_there_and_back(name: str) -> None:
    """Inverting a scaled magnitude returns it, down to the scale's floor."""
    magnitude = RNG.uniform(1e-6, 3e-3, (5, 4, 4))
    scale = Scale(name, 3e-3)

    np.testing.assert_allclose(scale.invert(scale.apply(magnitude)), magnitude, rtol=1e-4)
    assert scale.apply(magnitude).dtype == np.float32


def test_fixed_points() -> None:
    """The training peak is 1 on unit and db, 80 dB below it is 0 on db, and so is nothing at all."""
    magnitude = np.array([2.0, 2e-4, 0.0])

    np.testing.assert_allclose(Scale("unit", 2.0).apply(magnitude), [1, 1e-4, 0])
    np.testing.assert_allclose(Scale("db", 2.0).apply(magnitude), [1, 0, 0], atol=1e-7)
    np.testing.assert_allclose(Scale("raw", 2.0).apply(magnitude), magnitude)


@pytest.mark.parametrize("name", ["unit", "db", "raw"])
def test_power_ratio(name: str) -> None:
    """Twice the magnitude is a perturbation of 0 dB, whatever the scale; none is -inf, one on nothing +inf."""
    scale = Scale(name, 1.0)
    clean = RNG.uniform(0.01, 0.1, (3, 4, 4))
    clean[2] = 0
    factor = np.array([2.0, 1.0, 2.0])[:, None, None]

    ratio = perturbation_to_signal_db(scale.apply(clean), scale.apply(factor * clean + (clean == 0)), scale)

    assert ratio[0] == pytest.approx(0, abs=1e-4)
    assert ratio[1] == -np.inf
    assert ratio[2] > 60 if name == "db" else ratio[2] == np.inf
