"""Each rule of the verdict fails on its own value."""

import numpy as np
import pandas as pd
import pytest
from configurations import LIMITS

from robustloc.robustness import convergence, verdict

GOOD = {
    "dead_gradients": 0.0, "gradient_ratio_low": 0.999, "gradient_ratio_high": 1.001,
    "hurts": {"noise": 0.0, "square": 0.01}, "transfer_hurts": 0.02, "solver_hurts": 0.0, "one_step_rmse_m": 2.0,
    "ladder_quarter_rmse_m": 0.7, "ladder_half_rmse_m": 1.3, "ladder_rmse_m": 2.2, "ladder_double_rmse_m": 4.0,
    "unbounded_rmse_m": 90.0, "constant_rmse_m": 4.0, "repeat_m": 0.0, "alone_m": 1e-12, "budget": 1.0, "traces": 0.0,
    "closed_form": 1e-15, "beyond_gradients": 0.0, "draws": 1,
    "rmse_share": 0.99, "median_share": 0.98, "gaining_share": 0.4,
}  # fmt: skip

# value that fails a check -> the check, and the verdict that follows
FAULTS = {
    ("dead_gradients", 0.02): ("C1", "MASKED"),
    ("gradient_ratio_low", 0.82): ("C2", "MASKED"),
    ("gradient_ratio_high", 1.2): ("C2", "MASKED"),
    ("transfer_hurts", 0.1): ("C4", "MASKED"),
    ("solver_hurts", 0.1): ("C5", "MASKED"),
    ("ladder_half_rmse_m", 2.3): ("C6", "MASKED"),
    ("unbounded_rmse_m", 3.9): ("C7", "MASKED"),
    ("beyond_gradients", 0.1): ("C8", "MASKED"),
    ("repeat_m", 0.01): ("P1", "PROTOCOL"),
    ("alone_m", 0.001): ("P2", "PROTOCOL"),
    ("budget", 1.01): ("P3", "PROTOCOL"),
    ("traces", 1.0): ("P4", "PROTOCOL"),
    ("closed_form", 1e-9): ("P5", "PROTOCOL"),
    ("rmse_share", 0.9): ("U1", "UNCONVERGED"),
    ("median_share", 0.9): ("U2", "UNCONVERGED"),
}
CELL = {"scenario": "indoor", "model": "dcnn", "defence": "none", "seed": 0}


def failed(checks: list[verdict.Check]) -> set[str]:
    """Names of the failed checks."""
    return {one.check for one in checks if one.passed is False}


def test_nothing_wrong() -> None:
    """With good values, every check but the remarks runs and passes."""
    checks = verdict.judge(GOOD, LIMITS)

    assert {check.check for check in checks if check.passed} == {"C3", *(check for check, _ in FAULTS.values())}
    assert [check.check for check in checks if check.passed is None] == ["R1", "R2", "R3"]
    assert verdict.word(checks) == "OK"


@pytest.mark.parametrize(("name", "figure"), FAULTS)
def test_one_thing_wrong(name: str, figure: float) -> None:
    """One bad value fails only its own check and gives the check's word."""
    check, word = FAULTS[name, figure]
    checks = verdict.judge(GOOD | {name: figure}, LIMITS)

    assert failed(checks) == {check}
    assert verdict.word(checks) == word


def test_names_of_attacks() -> None:
    """Each attack without gradients counts for C3, whatever its name is."""
    for name in ("noise", "transfer", "solver", "ladder"):
        checks = verdict.judge(GOOD | {"hurts": {"square": 0.0, name: 0.1}}, LIMITS)

        assert failed(checks) == {"C3"}
        assert [check.figure for check in checks if check.check in ("C3", "C4", "C5")] == [0.0, 0.1, 0.02, 0.0]
        assert verdict.word(checks) == "MASKED"


def test_order_of_words() -> None:
    """Masking comes before protocol, and protocol before convergence."""
    short, random = {"rmse_share": 0.5}, {"alone_m": 1.0}

    assert verdict.word(verdict.judge(GOOD | short | random, LIMITS)) == "PROTOCOL"
    assert verdict.word(verdict.judge(GOOD | short | random | {"dead_gradients": 1.0}, LIMITS)) == "MASKED"


def test_not_asked() -> None:
    """A check that does not apply neither passes nor fails; a random network has no derivative to compare with."""
    checks = verdict.judge(GOOD | {"solver_hurts": None, "gradient_ratio_low": 0.3, "repeat_m": 1.0}, LIMITS)

    assert {check.check for check in checks if check.passed is None} == {"C2", "C5", "C8", "R1", "R2", "R3"}


def judged(transferred: list[float], longer: list[float] | None, **others: float) -> pd.DataFrame:
    """Judge a localizer of four users with an error of 1 m each under gradients, by their errors under others."""
    own = {name: value for name, value in GOOD.items() if name not in ("transfer_hurts", *verdict.LONGER)} | others
    examination = {"figures": own, "epsilon": 0.1, "user": [3, 5, 8, 9], "gradients_m": [1.0] * 4}
    transfers = pd.DataFrame({"model": "dcnn", "defence": "none", "user": [9, 8, 5, 3], "error_m": transferred})
    rows = longer and pd.DataFrame(
        {"error_m": 1.0, "reference_error_m": longer, "evaluations": 10, "reference_evaluations": 100}
    )
    return verdict.table([CELL], [examination], [transfers], [rows], LIMITS).set_index("check")


def test_transfer_counts_users() -> None:
    """The share of users whom others' examples hurt by over 2 % more than gradients decides, not an error over all."""
    table = judged([0.1, 0.1, 0.1, 1.03], None)

    assert table.loc["C4"].tolist()[-3:] == [0.25, "at most 0.05", "no"]
    assert set(table.verdict) == {"MASKED"}
    assert judged([0.1, 0.1, 0.1, 1.01], None).loc["C4", "passed"] == "yes"


def test_a_longer_attack() -> None:
    """Without a longer attack its checks are not asked; with one, its share of the error decides."""
    assert set(judged([0.0] * 4, None).loc[["U1", "U2", "R1"], "passed"]) == {"not asked"}
    assert set(judged([0.0] * 4, [1.0, 1.0, 1.0, 1.04]).verdict) == {"OK"}
    table = judged([0.0] * 4, [1.0, 1.2, 1.2, 1.2])
    assert set(table.verdict) == {"UNCONVERGED"}
    assert table.loc["R1", "figure"] == 0.75


def test_summary_of_convergence() -> None:
    """Shares compare the same statistic of both attacks; two errors of zero are equal."""
    rows = pd.DataFrame({"error_m": [0.0, 3.0, 4.0], "reference_error_m": [0.0, 3.0, 8.0]})
    found = convergence.summary(rows.assign(evaluations=10, reference_evaluations=120))

    assert found["rmse_share"] == pytest.approx(np.sqrt(25 / 73))
    assert (found["median_m"], found["median_share"], found["gaining_share"]) == (3.0, 1.0, pytest.approx(1 / 3))
    assert (found["evaluations"], found["reference_evaluations"], found["n_users"]) == (10, 120, 3)
    assert convergence.share(0.0, 0.0) == 1
    assert convergence.share(1.0, 0.0) == float("inf")


def test_declared_random_estimates() -> None:
    """Who declares random estimates is not asked what single estimates answer by chance, and its word is marked."""
    chance = {"hurts": {"noise": 0.5, "square": 0.5}, "solver_hurts": 0.5, "repeat_m": 0.5, "alone_m": 0.4}
    table = judged([2.0] * 4, [2.0] * 4, draws=8, **chance)

    assert set(table.verdict) == {"OK (random)"}
    assert set(table.loc[["C2", "C3", "C4", "C5", "C8", "P1", "P2", "U1", "U2"], "passed"]) == {"not asked"}
    assert set(table.loc[["C1", "C6", "C7", "P3", "P4", "P5"], "passed"]) == {"yes"}
    assert table.loc["R3", "figure"] == 8
    assert set(judged([0.0] * 4, None, repeat_m=0.5).verdict) == {"PROTOCOL"}


def test_declared_but_not_random() -> None:
    """Who declares random estimates and has none is asked everything, without a mark."""
    table = judged([0.0] * 4, [1.0] * 4, draws=8)

    assert set(table.verdict) == {"OK"}
    assert "not asked" not in set(table.drop(["R1", "R2", "R3"]).passed)
    assert set(judged([2.0] * 4, None, draws=8).verdict) == {"MASKED"}
    assert set(judged([0.0] * 4, None, draws=8, alone_m=0.4).verdict) == {"PROTOCOL"}
