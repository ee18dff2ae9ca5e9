"""Position errors by hand, and the table as people paste it."""

import numpy as np
import pandas as pd
import pytest

from robustloc import metrics, tables

TABLE = pd.DataFrame(
    [
        ("in_door", "constant", "none", 0, "clean", 0.0, "none", 4.0, 9, "none"),
        ("in_door", "dcnn", "none", 0, "clean", 0.0, "none", 0.5, 9, "WARN"),
        ("in_door", "dcnn", "none", 0, "fgsm", 0.01, "linf", 1.0, 9, "WARN"),
        ("in_door", "dcnn", "none", 1, "fgsm", 0.01, "linf", 2.0, 9, "OK"),
        ("in_door", "dcnn", "none", 0, "worst", 0.01, "linf", 3.0, 9, "WARN"),
        ("in_door", "dcnn", "none", 0, "csi_pgd", -20.0, "psr_db", 2.5, 9, "WARN"),
        ("in_door", "dcnn", "none", 0, "csi_pgd", 0.0, "psr_db", 3.5, 9, "WARN"),
        ("in_door", "dcnn", "adversarial", 0, "fgsm", 0.01, "linf", 0.75, 9, "MASKED"),
    ],
    columns=["scenario", "model", "defence", "seed", "attack", "epsilon", "budget", "rmse_m", "n_users", "verdict"],
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
    """Verdicts, clean and the worst first, seeds averaged, cells that were not run empty."""
    layout = tables.layout(TABLE, "in_door")

    assert layout.columns.tolist() == ["attack", "budget", "constant", "dcnn", "dcnn + adversarial"]
    assert layout.values.tolist() == [
        ["verdict", "", "", "OK/WARN", "MASKED"],
        ["clean", "", "4.000", "0.500", ""],
        ["worst", "0.01 linf", "", "3.000", ""],
        ["csi_pgd", "-20 dB", "", "2.500", ""],
        ["csi_pgd", "0 dB", "", "3.500", ""],
        ["fgsm", "0.01 linf", "", "1.500", "0.750"],
    ]


def test_verdicts() -> None:
    """One row per localizer, with the checks that failed, what was found and what was expected."""
    names = ["scenario", "model", "defence", "seed", "epsilon", "n_users", "verdict"]
    columns = [*names, "check", "what", "figure", "rule", "passed"]
    dcnn, constant = ["s", "dcnn", "none", 0, 0.03, 128, "WARN"], ["s", "constant", "none", 0, 0.03, 128, "OK"]
    rows = [
        [*dcnn, "C1", "share", 0.0, "at most 0.01", "yes"],
        [*dcnn, "W1", "APGD / PGD", 1.1876, "at most 1.1", "no"],
        [*dcnn, "W2", "APGD / FGSM", 2.0, "at most 1.5", "no"],
        [*constant, "C1", "share", 0.0, "at most 0.01", "yes"],
    ]
    first, second = tables.verdicts(pd.DataFrame(rows, columns=columns)).splitlines()[2:]

    assert (
        "| WARN      | W1 APGD / PGD: 1.19, expected at most 1.1; W2 APGD / FGSM: 2, expected at most 1.5 |" in second
    )
    assert "| OK        |  " in first
    assert "failed checks" in tables.verdicts(pd.DataFrame([], columns=columns))
    assert "| OK        |" in tables.verdicts(pd.DataFrame(rows[-1:], columns=columns))


def test_markdown_and_latex() -> None:
    """Both hold the numbers; LaTeX escapes what it must and uses booktabs."""
    markdown, latex = tables.markdown(TABLE), tables.latex(TABLE)

    title = "position RMSE [m] of 9 test users, mean of 1 to 2 seeds"
    assert f"## in_door: {title}\n" in markdown
    assert f"Scenario in door: {title}." in latex
    assert "9 test users, one seed" in tables.markdown(TABLE[TABLE.seed == 0])
    assert "| fgsm     | 0.01 linf |" in markdown
    assert "nan" not in markdown + latex
    assert r"\toprule" in latex
    assert "clean &  & 4.000 & 0.500 &  \\\\" in latex
    assert "_" not in latex.replace(r"\_", "")
