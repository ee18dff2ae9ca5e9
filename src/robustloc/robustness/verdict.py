"""The verdict: can a localizer's errors under attack be believed? Values of an examination -> checks -> one word.

The checks come from the literature on attacks that fail unnoticed: Athalye et al. (ICML 2018), Carlini et al. (2019),
Tramèr et al. (2020), Croce & Hein (ICML 2020), Pintor et al. (2022).

* ``MASKED``: a check C failed. Gradients mislead the attacks, or another attack finds larger errors.
* ``PROTOCOL``: a check P failed. The estimate is random or depends on the other users of the batch, or the attack
  breaks a rule.
* ``WARN``: a check W failed. Believe the strongest attack, and do not quote the weaker ones.
* ``OK``: no check failed.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from itertools import pairwise

import pandas as pd

from robustloc.base.seeds import LOCALIZER

# first letter of a check -> word, the most serious first
WORDS = {"C": "MASKED", "P": "PROTOCOL", "W": "WARN"}


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        check: its name, such as ``C1``.
        what: the compared values, in words.
        figure: the value found; NaN if the check does not apply.
        rule: the limit, in words.
        passed: whether the value keeps the rule; None if the check does not apply.
    """

    check: str
    what: str
    figure: float
    rule: str
    passed: bool | None


def word(checks: list[Check]) -> str:
    """Return the verdict's word; masking comes before protocol, and protocol before warnings."""
    failed = {check.check[0] for check in checks if check.passed is False}
    return next((name for kind, name in WORDS.items() if kind in failed), "OK")


def table(cells: list[dict], examinations: list[dict], transfers: list[pd.DataFrame], limits: dict) -> pd.DataFrame:
    """Judge localizers.

    Args:
        cells: per localizer: scenario, model, defence and seed.
        examinations: per localizer: ``figures``, ``epsilon`` and ``users`` (the content of examination.json).
        transfers: per localizer: the errors under transfer in its scenario and seed (`robustloc.robustness.transfer`).
        limits: section ``verdict.limits`` of the configuration.

    Returns:
        One row per localizer and check, sorted by localizer.
    """
    rows = []
    for cell, examination, transfer in zip(cells, examinations, transfers, strict=True):
        checks = judge(examination["figures"] | {"transfer_rmse_m": strongest_transfer(transfer, cell)}, limits)
        place = cell | {"epsilon": examination["epsilon"], "n_users": examination["users"]}
        rows += [place | {"verdict": word(checks)} | asdict(check) for check in checks]
    columns = [*LOCALIZER, "epsilon", "n_users", "verdict", *(field.name for field in fields(Check))]
    frame = pd.DataFrame(rows, columns=columns).sort_values(list(LOCALIZER), kind="stable")
    return frame.assign(passed=frame["passed"].map({True: "yes", False: "no"}).fillna("not asked"))


def strongest_transfer(errors: pd.DataFrame, cell: dict) -> float | None:
    """Return the largest RMSE [m] of a localizer under examples of another localizer; None if there is no other."""
    own = (errors.model == cell["model"]) & (errors.defence == cell["defence"])
    itself = (errors.source_model == cell["model"]) & (errors.source_defence == cell["defence"])
    strongest = float(errors[own & ~itself].rmse_m.max())
    return None if math.isnan(strongest) else strongest


def judge(figures: dict[str, float | None], limits: dict[str, float]) -> list[Check]:
    """Compare the values of an examination with the limits.

    Args:
        figures: values of `robustloc.robustness.examination.examine`, and ``transfer_rmse_m`` [m], the RMSE under the
            strongest transferred attack.
        limits: section ``verdict.limits`` of the configuration.
    """
    return [Check(*row) for row in _rows(figures, limits)]


def _rows(f: dict[str, float | None], limits: dict[str, float]) -> Iterator[tuple]:
    found = [f[f"{name}_rmse_m"] for name in ("fgsm", "pgd", "pgd_long", "apgd")]
    slack, gradients = limits["slack"], max(found)
    more, less = 1 + slack, 1 - slack
    alone = f["repeat_m"] <= limits["repeat_m"] and f["alone_m"] <= limits["alone_m"]

    yield "C1", "share of users with a dead gradient", *_most(f["dead_gradients"], limits["dead_gradients"])
    # a difference over one user finds no derivative of a random network, or of one that depends on the other users
    ratio, off = f["gradient_ratio"] if alone else None, limits["gradient_error"]
    right = None if ratio is None else bool(1 - off <= ratio <= 1 + off)
    yield "C2", "central difference / gradient", _number(ratio), f"{1 - off:g} to {1 + off:g}", right
    yield "C3", "noise / weakest gradients", *_most(_share(f["noise_rmse_m"], min(found)), 1.0)
    yield "C4", "FGSM / PGD", *_most(_share(f["fgsm_rmse_m"], f["pgd_rmse_m"]), more)
    yield "C5", "PGD of four times the steps / PGD", *_least(_share(f["pgd_long_rmse_m"], f["pgd_rmse_m"]), less)
    yield "C5", "APGD / PGD", *_least(_share(f["apgd_rmse_m"], f["pgd_rmse_m"]), less)
    rising = [f[f"pgd_{name}_rmse_m"] for name in ("quarter", "half")] + [f["pgd_rmse_m"], f["pgd_double_rmse_m"]]
    smallest = min(_share(b, a) for a, b in pairwise(rising))
    yield "C6", "PGD at twice the epsilon / PGD, from 1/4 to 2 epsilon, smallest", *_least(smallest, less)
    yield "C7", "PGD without bound / mean position", *_least(_share(f["unbounded_rmse_m"], f["constant_rmse_m"]), 1.0)
    yield "C8", "Square / gradients", *_most(_share(f["square_rmse_m"], gradients), more)
    yield "C9", "transfer / gradients", *_most(_share(f["transfer_rmse_m"], gradients), more)
    yield "C10", "PGD through rk4 / PGD", *_most(_share(f["solver_rmse_m"], f["pgd_rmse_m"]), more)
    yield "P1", "estimate again, largest difference [m]", *_most(f["repeat_m"], limits["repeat_m"])
    yield "P2", "estimate alone, largest difference [m]", *_most(f["alone_m"], limits["alone_m"])
    yield "P3", "largest perturbation / epsilon", *_most(f["budget"], 1 + limits["budget"])
    yield "P4", "weights, modes, gradients that attacks changed", *_most(f["traces"], 0.0)
    yield "W1", "APGD / PGD", *_most(_share(f["apgd_rmse_m"], f["pgd_rmse_m"]), limits["converged"])
    yield "W1", "PGD with restarts / PGD", *_most(_share(f["restarts_rmse_m"], f["pgd_rmse_m"]), limits["restarts"])
    yield "W2", "APGD / FGSM", *_most(_share(f["apgd_rmse_m"], f["fgsm_rmse_m"]), limits["one_step"])
    yield "W3", "error of closed forms", *_most(f["closed_form"], limits["closed_form"])


def _share(part: float | None, whole: float) -> float | None:
    """Return part / whole; equal values, also two zeros, have the share 1."""
    if part is None:
        return None
    return 1.0 if part == whole else part / whole if whole else math.inf


def _most(figure: float | None, limit: float) -> tuple[float, str, bool | None]:
    return _number(figure), f"at most {limit:g}", None if figure is None else figure <= limit


def _least(figure: float | None, limit: float) -> tuple[float, str, bool | None]:
    return _number(figure), f"at least {limit:g}", None if figure is None else figure >= limit


def _number(figure: float | None) -> float:
    return math.nan if figure is None else figure
