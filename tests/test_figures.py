"""Figures show what the tables say, with units, from their own numbers alone, and equal figures are equal bytes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_metrics_and_tables import SUMMARY

from robustloc import shown
from robustloc.figures import curves, maps, style

FIGURE = {"scenario": "in_door", "models": ["dcnn"], "defences": ["none", "adversarial"], "attacks": ["fgsm"]}
MATRIX = FIGURE | {"model": "dcnn", "epsilon": 0.01}
RADII = pd.DataFrame(
    [
        ("in_door", "dcnn", "smooth", seed, 0.99, 0.1, radius, ratio, rmse * (1 + seed), 2 * rmse, 9)
        for seed in (0, 1)
        for radius, ratio, rmse in ((0.0, -np.inf, 0.5), (0.1, -20.0, 1.0), (0.2, -14.0, np.inf))
    ],
    columns=[
        "scenario", "model", "defence", "seed", "confidence", "sigma", "radius", "psr_db",
        "certified_rmse_m", "certified_p90_m", "n_users",
    ],
)  # fmt: skip
CERTIFIED = {"scenario": "in_door", "models": ["dcnn"], "defences": ["smooth"]}
KINDS = {
    "rmse": (shown.rmse(SUMMARY, FIGURE), curves.rmse),
    "matrix": (shown.matrix(SUMMARY, MATRIX), maps.matrix),
    "certified": (shown.certified(RADII, CERTIFIED), curves.certified),
}


def test_curves_are_the_table() -> None:
    """A curve per attack and defence from the clean error on, a band where there are seeds; the floor is marked."""
    axes = curves.rmse(shown.rmse(SUMMARY, FIGURE)).axes[0]
    plain, defended, floor, *samples = axes.lines

    assert plain.get_xydata().tolist() == [[0.0, 0.5], [0.01, 1.5], [0.02, 1.75]]
    assert defended.get_xydata().tolist() == [[0.0, 0.6], [0.01, 0.75]]
    assert floor.get_ydata()[0] == 4.0
    assert [sample.get_label() for sample in samples] == ["fgsm", "no defence", "adversarial"]
    assert [sample.get_linestyle() for sample in samples[1:]] == [plain.get_linestyle(), defended.get_linestyle()]
    (band,) = axes.collections
    assert [0.01, 1.0] in band.get_paths()[0].vertices.tolist()
    assert [0.01, 2.0] in band.get_paths()[0].vertices.tolist()
    assert "[m]" in axes.get_ylabel()
    assert "epsilon" in axes.get_xlabel()


def test_power_has_an_axis_of_its_own() -> None:
    """Attacks over the air are drawn over decibels; the clean error, which has none, is a line."""
    axes = curves.rmse(shown.rmse(SUMMARY, FIGURE | {"defences": ["none"], "attacks": ["csi_pgd"]})).axes[0]

    assert axes.lines[0].get_xydata().tolist() == [[-20.0, 2.5], [0.0, 3.5]]
    assert axes.lines[1].get_ydata()[0] == 0.5
    assert "[dB]" in axes.get_xlabel()


def test_matrix_is_the_table() -> None:
    """Every cell is written out, defences down in the figure's order."""
    axes = maps.matrix(shown.matrix(SUMMARY, MATRIX)).axes[0]

    assert [text.get_text() for text in axes.texts] == ["0.500", "1.500", "0.600", "0.750"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["clean", "fgsm"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["none", "adversarial"]


def test_certified_is_the_mean_of_the_seeds() -> None:
    """The RMSE ends where nothing is certified; along the top stands the power of the radii below."""
    rows = shown.certified(RADII, CERTIFIED)
    axes = curves.certified(rows).axes[0]

    assert rows.certified_rmse_m.tolist() == [0.75, 1.5, np.inf]
    assert axes.lines[0].get_xydata().tolist() == rows[["radius", "certified_rmse_m"]].values.tolist()
    (top,) = axes.child_axes
    ratios = dict(zip(top.get_xticks(), (label.get_text() for label in top.get_xticklabels()), strict=True))
    assert ratios[0.1] == "-20.0"
    assert min(ratios) >= 0.1


def test_example_shows_the_perturbation() -> None:
    """The three images are those given; the map tells both errors; the long table holds every number."""
    clean = np.random.default_rng(0).random((8, 6))
    images = {"clean ADP": clean, "perturbation": np.full((8, 6), 0.1), "adversarial ADP": clean + 0.1}
    positions = {
        "true position": np.zeros((1, 3)),
        "clean estimate": np.array([[0.5, 0, 0]]),
        "adversarial estimate": np.array([[0, 2, 0]]),
        "users": np.zeros((4, 3)),
    }

    drawing = maps.example(images, positions, "unit", "title")

    for axes, image in zip(drawing.axes, images.values(), strict=False):
        np.testing.assert_array_equal(axes.images[0].get_array(), image)
    labels = [text.get_text() for text in drawing.legends[0].get_texts()]
    assert labels == ["true position", "clean estimate, 0.50 m off", "adversarial estimate, 2.00 m off"]
    numbers = shown.long(images | positions)
    own = numbers[numbers.panel == "clean ADP"].pivot(index="row", columns="column", values="value")
    np.testing.assert_array_equal(own, clean)
    assert len(numbers) == 3 * 48 + 7 * 3


@pytest.mark.parametrize("kind", KINDS)
def test_same_numbers_same_bytes(tmp_path: Path, kind: str) -> None:
    """A figure is drawn again, byte for byte, from the numbers written beside it."""
    rows, draw = KINDS[kind]
    rows.to_csv(tmp_path / "rows.csv", index=False)
    for name, data in (("a", rows), ("b", pd.read_csv(tmp_path / "rows.csv"))):
        style.save(draw(data), tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")

    for suffix in ("png", "pdf"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
