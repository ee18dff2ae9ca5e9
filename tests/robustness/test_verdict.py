"""Each rule of the verdict fails on its own value."""

import pytest
from configurations import LIMITS

from robustloc.robustness import verdict

GOOD = {
    "noise_rmse_m": 1.0, "fgsm_rmse_m": 2.0, "pgd_rmse_m": 2.2, "pgd_long_rmse_m": 2.25, "restarts_rmse_m": 2.25,
    "apgd_rmse_m": 2.3, "square_rmse_m": 1.5, "pgd_quarter_rmse_m": 0.7, "pgd_half_rmse_m": 1.3,
    "pgd_double_rmse_m": 4.0, "unbounded_rmse_m": 90.0, "transfer_rmse_m": 1.1, "solver_rmse_m": 2.2,
    "constant_rmse_m": 4.0, "dead_gradients": 0.0, "gradient_ratio": 1.0, "repeat_m": 0.0, "alone_m": 1e-12,
    "budget": 1.0, "traces": 0.0, "closed_form": 1e-15,
}  # fmt: skip

# check -> value that fails it, and the verdict that follows
FAULTS = {
    "C1": ("dead_gradients", 0.02, "MASKED"),
    "C2": ("gradient_ratio", 0.82, "MASKED"),
    "C3": ("noise_rmse_m", 2.4, "MASKED"),
    "C4": ("fgsm_rmse_m", 2.25, "MASKED"),
    "C5": ("pgd_long_rmse_m", 2.1, "MASKED"),
    "C6": ("pgd_half_rmse_m", 2.3, "MASKED"),
    "C7": ("unbounded_rmse_m", 3.9, "MASKED"),
    "C8": ("square_rmse_m", 2.4, "MASKED"),
    "C9": ("transfer_rmse_m", 2.4, "MASKED"),
    "C10": ("solver_rmse_m", 2.3, "MASKED"),
    "P1": ("repeat_m", 0.01, "PROTOCOL"),
    "P2": ("alone_m", 0.001, "PROTOCOL"),
    "P3": ("budget", 1.01, "PROTOCOL"),
    "P4": ("traces", 1.0, "PROTOCOL"),
    "W1": ("restarts_rmse_m", 2.4, "WARN"),
    "W2": ("fgsm_rmse_m", 1.4, "WARN"),
    "W3": ("closed_form", 1e-9, "WARN"),
}


def test_nothing_wrong() -> None:
    """With good values, every check runs and passes."""
    checks = verdict.judge(GOOD, LIMITS)

    assert {check.check for check in checks} == set(FAULTS)
    assert all(check.passed for check in checks)
    assert verdict.word(checks) == "OK"


@pytest.mark.parametrize("check", FAULTS)
def test_one_thing_wrong(check: str) -> None:
    """One bad value fails only its own check and gives the check's word."""
    name, figure, word = FAULTS[check]
    checks = verdict.judge(GOOD | {name: figure}, LIMITS)

    assert {one.check for one in checks if one.passed is False} == {check}
    assert verdict.word(checks) == word


def test_weak_apgd() -> None:
    """An APGD that finds smaller errors than PGD is also a sign of masking."""
    checks = verdict.judge(GOOD | {"apgd_rmse_m": 2.1}, LIMITS)

    assert {one.what for one in checks if one.passed is False} == {"APGD / PGD"}
    assert verdict.word(checks) == "MASKED"


def test_order_of_words() -> None:
    """Masking comes before protocol, and protocol before warnings."""
    warned, random = {"fgsm_rmse_m": 1.4}, {"alone_m": 1.0}

    assert verdict.word(verdict.judge(GOOD | warned | random, LIMITS)) == "PROTOCOL"
    assert verdict.word(verdict.judge(GOOD | warned | random | {"dead_gradients": 1.0}, LIMITS)) == "MASKED"


def test_not_asked() -> None:
    """A check that does not apply neither passes nor fails; a random network has no derivative to compare with."""
    checks = verdict.judge(GOOD | {"solver_rmse_m": None, "gradient_ratio": 0.3, "repeat_m": 1.0}, LIMITS)

    assert {check.check for check in checks if check.passed is None} == {"C2", "C10"}
