"""Figures show what the table says, with units, and equal figures are equal bytes."""

from pathlib import Path

import numpy as np
import pytest
from test_metrics_and_tables import TABLE

from robustloc import figures

FIGURE = {"scenario": "in_door", "models": ["dcnn"], "defences": ["none", "adversarial"], "attacks": ["fgsm"]}


def test_curves_are_the_table() -> None:
    """A curve per attack and defence, over the mean of the seeds, from the clean error on; the floor is marked."""
    axes = figures.rmse(TABLE, FIGURE).axes[0]
    curves = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}

    assert curves["fgsm, no defence"] == [[0.0, 0.5], [0.01, 1.5]]
    assert curves["fgsm, adversarial"] == [[0.01, 0.75]]
    assert axes.lines[-1].get_ydata()[0] == 4.0
    assert "[m]" in axes.get_ylabel()
    assert "epsilon" in axes.get_xlabel()


def test_power_has_an_axis_of_its_own() -> None:
    """Attacks over the air are drawn over decibels; the clean error, which has none, is a line."""
    axes = figures.rmse(TABLE, FIGURE | {"defences": ["none"], "attacks": ["csi_pgd"]}).axes[0]

    assert axes.lines[0].get_xydata().tolist() == [[-20.0, 2.5], [0.0, 3.5]]
    assert axes.lines[1].get_ydata()[0] == 0.5
    assert "[dB]" in axes.get_xlabel()


def test_example_shows_the_perturbation() -> None:
    """The three images are clean, difference and adversarial; the map tells both errors."""
    clean = np.random.default_rng(0).random((8, 8))
    positions = {
        "users": np.zeros((4, 3)),
        "true": np.zeros(3),
        "clean": np.array([0.5, 0, 0]),
        "adversarial": np.array([0, 2, 0]),
    }

    drawing = figures.example(clean, clean + 0.1, positions, "unit", "title")

    images = [axes.images[0].get_array() for axes in drawing.axes if axes.images]
    np.testing.assert_allclose(images[1], 0.1)
    np.testing.assert_allclose(images[2] - images[0], 0.1)
    labels = [text.get_text() for text in drawing.legends[0].get_texts()]
    assert labels == ["true position", "clean estimate, 0.50 m off", "adversarial estimate, 2.00 m off"]


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_same_figure_same_bytes(tmp_path: Path, suffix: str) -> None:
    """Drawing twice gives equal files."""
    for name in ("a", "b"):
        figures.save(figures.rmse(TABLE, FIGURE), tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")

    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
