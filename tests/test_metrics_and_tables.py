"""Position errors by hand, and the table as people paste it."""

import numpy as np
import pandas as pd
import pytest

from robustloc import metrics, tables

TABLE = pd.DataFrame(
    [
        ("in_door", "constant", "none", 0, "clean", 0.0, 4.0, 9),
        ("in_door", "dcnn", "none", 0, "clean", 0.0, 0.5, 9),
        ("in_door", "dcnn", "none", 0, "fgsm", 0.01, 1.0, 9),
        ("in_door", "dcnn", "none", 1, "fgsm", 0.01, 2.0, 9),
        ("in_door", "dcnn", "adversarial", 0, "fgsm", 0.01, 0.75, 9),
    ],
    columns=["scenario", "model", "defence", "seed", "attack", "epsilon", "rmse_m", "n_users"],
)


def test_errors_by_hand() -> None:
    """Distances of 3, 4 and 5 metres."""
    truth = np.zeros((3, 3))
    error = metrics.position_error(np.array([[3.0, 0, 0], [0, 0, 4], [0, 3, 4]]), truth)
    summary = metrics.summary(error)

    np.testing.assert_allclose(error, [3, 4, 5])
    assert summary["rmse_m"] == pytest.approx(np.sqrt(50 / 3))
    assert summary["mean_m"] == summary["median_m"] == pytest.approx(4)
    assert summary["p90_m"] == pytest.approx(4.8)
    assert summary["p95_m"] == pytest.approx(4.9)


def test_layout() -> None:
    """Clean first, seeds averaged, cells that were not run empty."""
    layout = tables.layout(TABLE, "in_door")

    assert layout.columns.tolist() == ["attack", "epsilon", "constant", "dcnn", "dcnn + adversarial"]
    assert layout.values.tolist() == [["clean", "", "4.000", "0.500", ""], ["fgsm", "0.01", "", "1.500", "0.750"]]


def test_markdown_and_latex() -> None:
    """Both hold the numbers; LaTeX escapes what it must and uses booktabs."""
    markdown, latex = tables.markdown(TABLE), tables.latex(TABLE)

    title = "position RMSE [m] of 9 test users, mean of 1 to 2 seeds"
    assert f"## in_door: {title}\n" in markdown
    assert f"Scenario in door: {title}." in latex
    assert "9 test users, one seed" in tables.markdown(TABLE[TABLE.seed == 0])
    assert "| fgsm     |      0.01 |" in markdown
    assert "nan" not in markdown + latex
    assert r"\toprule" in latex
    assert "clean &  & 4.000 & 0.500 &  \\\\" in latex
    assert "_" not in latex.replace("tab:", "")
