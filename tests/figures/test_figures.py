"""Figures show the numbers of their tables, with units, and equal numbers give equal bytes."""

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from figure_rows import CERTIFIED, FIGURE, LEAST, MATRIX, RADII, SUMMARY, rows
from matplotlib.figure import Figure
from workflow_project import ROOT

from robustloc.base import plugins
from robustloc.figures import certified, margin, matrix, power, rmse
from robustloc.figures.parts import style
from robustloc.jobs import fingerprint

ROWS = rows()
DRAW = {kind: plugins.load("figures", kind).draw for kind in plugins.names("figures")}
RATIO = "perturbation-to-signal ratio [dB]"
EPSILON = "epsilon (units of the scaled input)"
# labels of the axes and entries of the legend of each kind
LABELS = {
    "rmse": {EPSILON, "position RMSE [m]"},
    "power": {RATIO, "position RMSE [m]"},
    "certified": {"certified radius (L2, units of the scaled input)", "certified position error [m]", RATIO},
    "margin": {EPSILON, "share of moved users"},
    "matrix": {"attack", "defence", "position RMSE [m]"},
    "map": {"x [m]", "y [m]", "position error [m]"},
    "cdf": {"position error [m]", "share of users"},
    "example": {"delay bin", "median damage\nangle bin", "x [m]", "y [m]"},
}
LABELS["example"] |= {"unit scale"}
LABELS["gallery"] = LABELS["example"] | {"largest damage\nangle bin", "smallest damage\nangle bin"}
SAMPLES = {
    "rmse": ["fgsm", "worst", "no defence", "adversarial"],
    "power": ["fgsm", "csi_pgd", "worst", "no defence", "adversarial", "without attack"],
    "certified": ["dcnn, smooth", "RMSE", "90th percentile"],
    "margin": ["dcnn, no defence", "dcnn, adversarial"],
    "map": ["line of sight", "no line of sight", "no path"],
    "cdf": ["clean", "worst", "no defence", "adversarial"],
    "example": ["test users", "true position", "clean estimate", "adversarial estimate"],
}
SAMPLES["gallery"] = SAMPLES["example"]
LONG = {
    "in_door": "a_street_canyon_with_trees_and_moving_vehicles",
    "dcnn": "a_network_with_many_layers_and_a_longer_name",
    "adversarial": "adversarial_training_with_a_mixture_of_many_attacks",
    "worst": "the_worst_of_an_ensemble_of_seventeen_attacks",
    "fgsm": "the_fast_gradient_sign_method_of_goodfellow",
}


def labels(drawing: Figure) -> set[str]:
    """Return the labels of all axes."""
    every = [*drawing.axes, *(child for axes in drawing.axes for child in axes.child_axes)]
    return {axis.get_label_text() for axes in every for axis in (axes.xaxis, axes.yaxis)} - {""}


def test_every_kind_is_tested() -> None:
    """The kinds of the schema, the files of the folder and the kinds tested here are the same."""
    schema = yaml.safe_load((ROOT / "config.schema.yaml").read_text())
    kinds = {branch["properties"]["kind"]["const"] for branch in schema["properties"]["figures"]["items"]["oneOf"]}

    assert kinds == DRAW.keys() == ROWS.keys() == LABELS.keys()


@pytest.mark.parametrize("kind", DRAW)
def test_kinds_are_independent(kind: str) -> None:
    """The code that draws a kind has no file of another kind, so an edit of a kind makes its own figures due."""
    closure = {entry.split("@")[0] for entry in fingerprint.code("stages.figure", f"figures.{kind}").split()}

    assert closure & {f"figures.{other}" for other in DRAW} == {f"figures.{kind}"}


@pytest.mark.parametrize("kind", DRAW)
def test_axes_and_legend(kind: str) -> None:
    """Every axis has a label with its unit, and the legend names what is drawn."""
    drawing = DRAW[kind](ROWS[kind])

    assert labels(drawing) == LABELS[kind]
    entries = [text.get_text() for legend in drawing.legends for text in legend.get_texts()]
    assert entries == SAMPLES.get(kind, [])
    style.plt.close(drawing)


@pytest.mark.parametrize("kind", DRAW)
def test_same_numbers_same_bytes(tmp_path: Path, kind: str) -> None:
    """Equal numbers give equal bytes, and a figure is as wide as a column or a page."""
    ROWS[kind].to_csv(tmp_path / "rows.csv", index=False, float_format="%.9g")
    for name in ("a", "b"):
        drawing = DRAW[kind](pd.read_csv(tmp_path / "rows.csv"))
        style.save(drawing, tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")

    assert drawing.get_size_inches()[0] in (style.COLUMN, style.PAGE)
    for suffix in ("png", "pdf"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


@pytest.mark.parametrize(
    "own",
    [
        {"axes.facecolor": "black", "text.color": "red", "font.family": ["serif"]},
        {"savefig.bbox": "tight", "savefig.facecolor": "green", "savefig.pad_inches": 1.0},
        {"lines.linestyle": ":", "lines.antialiased": False, "image.cmap": "gray", "axes.xmargin": 0.3},
    ],
    ids=lambda own: next(iter(own)),
)
def test_own_style_changes_nothing(tmp_path: Path, own: dict) -> None:
    """What a user's matplotlibrc sets changes no byte of a figure."""
    for name, before in (("a", {}), ("b", own)):
        with style.plt.rc_context(before):
            importlib.reload(style)  # as if imported by a process with this matplotlibrc
            style.save(DRAW["rmse"](ROWS["rmse"]), tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")

    for suffix in ("png", "pdf"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


@pytest.mark.parametrize("kind", DRAW)
def test_long_names_fit(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With long names, nothing reaches over the edge of a figure."""
    monkeypatch.setattr(Figure, "savefig", lambda *_, **__: None)  # the layout is ready before; the files take long
    drawing = DRAW[kind](ROWS[kind].replace(LONG))
    style.save(drawing, tmp_path / "a.png", tmp_path / "a.pdf")

    (left, bottom), (right, top) = drawing.get_tightbbox().min, drawing.get_tightbbox().max
    width, height = drawing.get_size_inches()
    assert min(left, bottom, width - right, height - top) > -0.02
    assert width <= 2 * style.PAGE


def test_curves_are_the_table() -> None:
    """A curve per attack and defence starts at the clean error, with a band over seeds; the baseline has a line."""
    axes = rmse.draw(rmse.rows(SUMMARY, FIGURE | {"attacks": ["fgsm"]})).axes[0]
    plain, defended, floor, *samples = axes.lines

    assert plain.get_xydata().tolist() == [[0.0, 0.5], [0.01, 1.5], [0.02, 1.75]]
    assert defended.get_xydata().tolist() == [[0.0, 0.6], [0.01, 0.75]]
    assert floor.get_ydata()[0] == 4.0
    assert [sample.get_label() for sample in samples] == ["fgsm", "no defence", "adversarial"]
    assert [sample.get_linestyle() for sample in samples[1:]] == [plain.get_linestyle(), defended.get_linestyle()]
    (band,) = axes.collections
    assert [0.01, 1.0] in band.get_paths()[0].vertices.tolist()
    assert [0.01, 2.0] in band.get_paths()[0].vertices.tolist()


def test_an_attack_of_one_budget_is_a_marker() -> None:
    """It has no line from the clean error where others have several budgets; the caption says so."""
    both, alone = (rmse.rows(SUMMARY, FIGURE | {"attacks": names}) for names in (["fgsm", "worst"], ["worst"]))
    marked = [line for line in rmse.draw(both).axes[0].lines if line.get_xydata().tolist() == [[0.01, 3.0]]]

    assert [line.get_linestyle() for line in marked] == ["None"]
    assert "an attack of one budget is a marker" in rmse.caption(both)
    assert rmse.draw(alone).axes[0].lines[0].get_xydata().tolist() == [[0.0, 0.5], [0.01, 3.0]]
    assert "marker," not in rmse.caption(alone)


def test_attacks_over_the_air_are_over_decibels() -> None:
    """Attacks over the air are drawn over decibels; the clean error and the baseline are horizontal lines."""
    axes = rmse.draw(rmse.rows(SUMMARY, FIGURE | {"defences": ["none"], "attacks": ["csi_pgd"]})).axes[0]

    assert axes.lines[0].get_xydata().tolist() == [[-20.0, 2.5], [0.0, 3.5]]
    assert [line.get_ydata()[0] for line in axes.lines[1:3]] == [0.5, 4.0]
    assert axes.get_xlabel() == RATIO


def test_power_is_an_axis_of_all_budgets() -> None:
    """Attacks with an epsilon are drawn at their measured decibels, beside attacks over the air."""
    axes = power.draw(ROWS["power"]).axes[0]

    fgsm, on_air, worst = (line.get_xydata() for line in axes.lines[:3])
    np.testing.assert_allclose(fgsm, [[-30, 1.5], [20 * np.log10(0.02) + 10, 1.75]])
    np.testing.assert_array_equal(on_air, [[-20.0, 2.5], [0.0, 3.5]])
    np.testing.assert_allclose(worst, [[-30, 3.0]])


def test_matrix_is_the_table() -> None:
    """Every cell has its number, and defences are in the figure's order."""
    axes = matrix.draw(matrix.rows(SUMMARY, MATRIX)).axes[0]

    assert [text.get_text() for text in axes.texts] == ["0.500", "1.500", "0.600", "0.750"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["clean", "fgsm"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["none", "adversarial"]


def test_matrix_of_equal_errors() -> None:
    """Equal errors can be drawn, although their colour scale has no length."""
    (axes, bar) = matrix.draw(matrix.rows(SUMMARY, MATRIX).assign(rmse_mean_m=2.0)).axes

    assert [text.get_text() for text in axes.texts] == ["2.000"] * 4
    assert "[m]" in bar.get_ylabel()


def test_certified_is_the_mean_of_the_seeds() -> None:
    """The RMSE, with a band over seeds, ends where nothing is certified; the top axis has the power of the radii."""
    table = certified.rows(RADII, CERTIFIED)
    axes = certified.draw(table).axes[0]

    assert table.certified_rmse_m.tolist() == [0.75, 1.5, np.inf]
    np.testing.assert_allclose(table.certified_rmse_std_m, np.array([0.5, 1.0, np.nan]) / 2**0.5)
    assert axes.lines[0].get_xydata().tolist() == table[["radius", "certified_rmse_m"]].values.tolist()
    vertices = axes.collections[0].get_paths()[0].vertices
    assert vertices[:, 1].max() == pytest.approx(1.5 + 2**-0.5)
    (top,) = axes.child_axes
    ratios = {round(x, 6): text.get_text() for x, text in zip(top.get_xticks(), top.get_xticklabels(), strict=True)}
    assert ratios[0.1] == "-20.0"
    assert min(ratios) >= 0.1


def test_margin_ends_below_one() -> None:
    """The curve rises at each user's smallest epsilon, over all seeds; users who do not move leave it below 1."""
    table = margin.rows(LEAST, FIGURE)
    curve = margin.draw(table).axes[0].lines[0]

    moved = [0.01, 0.02, 0.02, 0.025, 0.03, 0.035, 0.04, 0.05, 0.06, 0.07]
    assert table[table.defence == "none"].smallest_epsilon.tolist() == [*moved, *[np.inf] * 8]
    assert curve.get_xdata().tolist() == [0.0, *moved, 0.1]
    assert curve.get_ydata().tolist() == [*(np.arange(11) / 18), 10 / 18]
