"""The report's tables have the result tables' numbers and rounding, and name an attack other than the ensemble."""

import math

import pandas as pd

from robustloc.report import layout, leaderboard
from robustloc.report.page import result_tables

KEYS = ["scenario", "model", "defence", "attack", "epsilon", "budget", "rmse_mean_m", "rmse_std_m", "seeds", "verdict"]
ROWS = [
    ("hall", "dcnn", "none", "clean", 0.0, "none", 0.25, 0.05, 3, "UNCONVERGED"),
    ("hall", "dcnn", "none", "fgsm", 0.1, "linf", 0.5, math.nan, 1, "UNCONVERGED"),
    ("hall", "dcnn", "none", "worst", 0.1, "linf", 0.45678, math.nan, 1, "UNCONVERGED"),
    ("hall", "ode", "none", "clean", 0.0, "none", 0.2, 0.01, 3, "OK"),
    ("hall", "ode", "none", "fgsm", 0.1, "linf", 0.4, 0.02, 3, "OK"),
    ("hall", "ode", "none", "noise", 0.1, "linf", 0.3, 0.02, 3, "OK"),
    ("hall", "ode", "none", "csi", -20.0, "psr_db", 9.0, 0.02, 3, "OK"),
    ("hall", "constant", "none", "clean", 0.0, "none", 2.0, math.nan, 1, "none"),
]
SUMMARY = pd.DataFrame(ROWS, columns=KEYS).assign(
    rmse_low_m=0.1,
    rmse_high_m=0.9,
    median_m=0.15,
    p90_m=0.35,
    moved_share=0.25,
    tolerance_m=0.2,
    n_users=20,
    parameters=12345,
    multiply_adds=6_000_000,
)
SUMMARY["psr_db"] = (-math.inf, -30, -30, -math.inf, -30, -30, -20, -math.inf)


def headline() -> dict:
    """The headline of the made-up results."""
    costs = SUMMARY[leaderboard.KEYS].drop_duplicates().assign(gradients=18.26)
    board = leaderboard.leaderboard(leaderboard.compared(SUMMARY, {"hall": 0.1}), costs)
    (found,) = result_tables.headline(board, SUMMARY, {"hall": 0.1})
    return found | {"rows": {row["model"]: row for row in found["rows"]}}


def test_headline() -> None:
    """Errors have the format of the tables, and an attack other than the ensemble is named."""
    found = headline()
    rows = found["rows"]

    assert found["caption"].endswith("attacks at epsilon 0.1")
    assert rows["dcnn"]["clean"] == "0.250 ± 0.050 [0.100, 0.900]" == layout.value(SUMMARY.iloc[0])
    assert (rows["dcnn"]["attacked"], rows["dcnn"]["attack"]) == ("0.457 [0.100, 0.900]", "")
    assert (rows["dcnn"]["others"], rows["constant"]["others"]) == ("0.150 / 0.350 / 25 %", "")
    assert (rows["ode"]["attacked"], rows["ode"]["attack"]) == ("0.400 ± 0.020 [0.100, 0.900]", "fgsm")
    assert (rows["constant"]["attacked"], rows["constant"]["attack"]) == ("", "")
    assert (rows["ode"]["parameters"], rows["ode"]["multiply_adds"]) == ("12,345", "6,000,000")
    assert rows["ode"]["gradients"] == "18.3"
    assert not found["has_certificates"]


def test_certified_column() -> None:
    """The headline shows certified errors with their radius; other localizers have an empty cell."""
    board = leaderboard.leaderboard(SUMMARY[SUMMARY.attack == "clean"], SUMMARY[leaderboard.KEYS].assign(gradients=1.0))
    board = board.assign(certified_radius=[0.005, math.nan, math.nan], certified_rmse_m=[0.41, math.nan, math.nan])
    (found,) = result_tables.headline(board, SUMMARY, {"hall": 0.1})

    assert found["has_certificates"]
    assert [row["certified"] for row in found["rows"]] == ["0.410 (radius 0.005)", "", ""]


def test_cells() -> None:
    """Every cell is a row, its budget has a unit, and only perturbed cells have a power."""
    rows = [dict(zip(result_tables.CELLS, row, strict=True)) for row in result_tables.cells(SUMMARY)]

    assert len(rows) == len(SUMMARY)
    assert [row["budget"] for row in rows[:3]] == ["", "0.1 L∞", "0.1 L∞"]
    assert rows[6]["budget"] == "-20 dB"
    assert [row["psr"] for row in rows[:2]] == ["", "-30.0"]
    assert [row["moved"] for row in rows[:2]] == ["", "25%"]
    assert rows[2]["rmse"] == "0.457 [0.100, 0.900]"
    assert {row["n_users"] for row in rows} == {"20 (few)"}
    place = list(result_tables.CELLS).index("n_users")
    assert {row[place] for row in result_tables.cells(SUMMARY.assign(n_users=30))} == {"30"}


def test_failures() -> None:
    """A localizer's failed checks show the value that was found and the expected range; others have none."""
    columns = ["scenario", "model", "defence", "seed", "verdict", "check", "what", "figure", "rule", "passed"]
    rows = [
        ("hall", "dcnn", "none", 0, "UNCONVERGED", "C1", "share", 0.0, "at most 0.01", "yes"),
        ("hall", "dcnn", "none", 0, "UNCONVERGED", "U1", "APGD / FGSM", 1.23456, "at most 1.1", "no"),
        ("hall", "ode", "none", 0, "OK", "C5", "solver", math.nan, "", "not asked"),
    ]
    first, second = result_tables.failures(pd.DataFrame(rows, columns=columns))

    assert first["failed"] == ["U1 APGD / FGSM: 1.235, expected at most 1.1"]
    assert second["failed"] == []
    assert result_tables.failures(pd.DataFrame([], columns=columns)) == []


def test_matrix() -> None:
    """One row per defence, one column per attack; a cell that was not run is empty."""
    figure = {"scenario": "hall", "model": "dcnn", "defences": ["none"], "attacks": ["worst", "fgsm"], "epsilon": 0.1}

    found = result_tables.matrix(SUMMARY, figure)

    assert found["columns"] == ["defence", "clean", "worst", "fgsm"]
    assert found["rows"] == [["none", "0.250 ± 0.050 [0.100, 0.900]", "0.457 [0.100, 0.900]", "0.500"]]
