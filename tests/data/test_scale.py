"""Input scales can be inverted, and the PSR is computed from linear magnitudes."""

import numpy as np
import pytest

from robustloc.data.scale import Scale, perturbation_to_signal_db

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("name", ["unit", "db", "raw"])
def test_there_and_back(name: str) -> None:
    """Inverting a scaled magnitude returns it, down to the scale's floor."""
    magnitude = RNG.uniform(1e-6, 3e-3, (5, 4, 4))
    scale = Scale(name, 3e-3)

    np.testing.assert_allclose(scale.invert(scale.apply(magnitude)), magnitude, rtol=1e-4)
    assert scale.apply(magnitude).dtype == np.float32


def test_fixed_points() -> None:
    """The training peak is 1 on unit and db; 80 dB below it and zero are 0 on db."""
    magnitude = np.array([2.0, 2e-4, 0.0])

    np.testing.assert_allclose(Scale("unit", 2.0).apply(magnitude), [1, 1e-4, 0])
    np.testing.assert_allclose(Scale("db", 2.0).apply(magnitude), [1, 0, 0], atol=1e-7)
    np.testing.assert_allclose(Scale("raw", 2.0).apply(magnitude), magnitude)


@pytest.mark.parametrize("name", ["unit", "db", "raw"])
def test_power_ratio(name: str) -> None:
    """Doubled magnitudes are a PSR of 0 dB on every scale; no perturbation is -inf, no signal +inf."""
    scale = Scale(name, 1.0)
    magnitude = RNG.uniform(0.01, 0.1, (3, 4, 4))
    magnitude[2] = 0
    moved = scale.apply(np.array([2.0, 1.0, 1.0])[:, None, None] * magnitude + (magnitude == 0))

    ratio = perturbation_to_signal_db(magnitude, scale.apply(magnitude), moved, scale)

    assert ratio[0] == pytest.approx(0, abs=1e-4)
    assert ratio[1] == -np.inf
    assert ratio[2] == np.inf


def test_power_ratio_below_the_floor() -> None:
    """A pixel below the floor contributes its change to the PSR, and nothing if it is not changed."""
    scale = Scale("db", 1.0)
    magnitude = np.array([[1.0, 1e-6, 1e-6]])
    clean = scale.apply(magnitude)
    moved = clean.copy()
    moved[0, 1] += 0.25  # 20 dB above the floor of 1e-4

    ratio = perturbation_to_signal_db(magnitude, clean, moved, scale)

    assert ratio[0] == pytest.approx(20 * np.log10(1e-3 - 1e-6), abs=1e-3)


@pytest.mark.parametrize("name", ["unit", "db", "raw"])
def test_slope(name: str) -> None:
    """The slope is the largest derivative of the scaled value by the magnitude."""
    scale = Scale(name, 3.0)
    magnitude = 3.0 * np.logspace(-4, 0, 601)
    rate = (scale.apply(1.001 * magnitude) - scale.apply(magnitude)) / (0.001 * magnitude)

    assert scale.slope == pytest.approx(rate.max(), rel=0.01)
