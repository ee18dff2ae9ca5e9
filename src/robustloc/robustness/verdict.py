"""The verdict: can a localizer's errors under attack be believed? Values of an examination -> checks -> one word.

The checks come from the literature on attacks that fail unnoticed: Athalye et al. (ICML 2018), Carlini et al. (2019),
Tramèr et al. (2020), Croce & Hein (ICML 2020), Pintor et al. (2022).

* ``MASKED``: a check C failed. Gradients mislead the attacks: something else hurts users more.
* ``PROTOCOL``: a check P failed. The estimate is random or depends on the other users of the batch, or the attack
  breaks a rule.
* ``UNCONVERGED``: a check U failed. A longer attack finds larger errors; give ``worst`` more steps.
* ``OK``: no check failed.

Checks R are remarks: they have no limit. Most checks count users, since a fault that concerns some users hardly moves
an error over all of them.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from itertools import pairwise

import pandas as pd

from robustloc.base.seeds import LOCALIZER
from robustloc.robustness import convergence
from robustloc.robustness.convergence import hurt, share

# first letter of a check -> word, the most serious first
WORDS = {"C": "MASKED", "P": "PROTOCOL", "U": "UNCONVERGED"}

# mark of a localizer whose estimates are random and that says so; see `is_random`
RANDOM = " (random)"
# values of `robustloc.robustness.convergence.summary` that have checks
LONGER = ("rmse_share", "median_share", "gaining_share")
# values whose checks such a localizer is not asked
FIXED = ("repeat_m", "alone_m", "transfer_hurts", "solver_hurts", *LONGER)


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
    """Return the verdict's word; masking comes before protocol, and protocol before convergence."""
    failed = {check.check[0] for check in checks if check.passed is False}
    return next((name for kind, name in WORDS.items() if kind in failed), "OK")


def table(
    cells: list[dict],
    examinations: list[dict],
    transfers: list[pd.DataFrame],
    convergences: list[pd.DataFrame | None],
    limits: dict,
) -> pd.DataFrame:
    """Judge localizers.

    Args:
        cells: per localizer: scenario, model, defence and seed.
        examinations: per localizer: ``figures``, ``epsilon``, and ``user`` and ``gradients_m``: the largest error of
            each user under attacks with gradients (the content of examination.json).
        transfers: per localizer: the errors under transfer in its scenario and seed (`robustloc.robustness.transfer`).
        convergences: per localizer: the rows of its convergence.csv, or None.
        limits: section ``verdict.limits`` of the configuration.

    Returns:
        One row per localizer and check, sorted by localizer.
    """
    rows = []
    for cell, examination, transfer, longer in zip(cells, examinations, transfers, convergences, strict=True):
        more = {"transfer_hurts": _transfer(transfer, cell, examination)}
        more |= dict.fromkeys(LONGER) if longer is None else convergence.summary(longer)
        checks = judge(examination["figures"] | more, limits)
        place = cell | {"epsilon": examination["epsilon"], "n_users": len(examination["user"])}
        verdict = word(checks) + RANDOM * is_random(examination["figures"], limits)
        rows += [place | {"verdict": verdict} | asdict(check) for check in checks]
    columns = [*LOCALIZER, "epsilon", "n_users", "verdict", *(field.name for field in fields(Check))]
    frame = pd.DataFrame(rows, columns=columns).sort_values(list(LOCALIZER), kind="stable")
    return frame.assign(passed=frame["passed"].map({True: "yes", False: "no"}).fillna("not asked"))


def _transfer(errors: pd.DataFrame, cell: dict, examination: dict) -> float | None:
    """Return the share of users whom examples of other localizers hurt; None if there is no other localizer."""
    own = errors[(errors.model == cell["model"]) & (errors.defence == cell["defence"])]
    if own.empty:
        return None
    users = pd.Series(examination["gradients_m"], index=examination["user"])
    return hurt(own.set_index("user").error_m[users.index].to_numpy(), users.to_numpy())


def is_random(figures: dict, limits: dict[str, float]) -> bool:
    """Say whether a localizer declares random estimates, over which attacks average, and indeed has them.

    Such a localizer is not asked for equal estimates. Nor is it asked the checks that compare a user's errors at a few
    percent: these are errors of single estimates, and the largest of several is larger by chance alone.
    """
    return figures["draws"] > 1 and figures["repeat_m"] > limits["repeat_m"]


def judge(figures: dict[str, float | dict[str, float] | None], limits: dict[str, float]) -> list[Check]:
    """Compare the values of an examination with the limits.

    Args:
        figures: values of `robustloc.robustness.examination.examine`; ``transfer_hurts``, the share of users whom
            transferred examples hurt; and the values of `robustloc.robustness.convergence.summary`.
        limits: section ``verdict.limits`` of the configuration.
    """
    return [Check(*row) for row in _rows(figures, limits)]


def _rows(f: dict[str, float | dict[str, float] | None], limits: dict[str, float]) -> Iterator[tuple]:
    yield "C1", "share of users with a dead gradient", *_most(f["dead_gradients"], limits["dead_gradients"])
    # a difference over one user finds no derivative of a random network, or of one that depends on the other users
    alone = f["repeat_m"] <= limits["repeat_m"] and f["alone_m"] <= limits["alone_m"]
    if is_random(f, limits):
        f = f | dict.fromkeys(FIXED) | {"hurts": dict.fromkeys(f["hurts"])}
    for end, what in {"low": "5 %", "high": "95 %"}.items():
        ratio, off = f[f"gradient_ratio_{end}"] if alone else None, limits["gradient_error"]
        right, rule = None if ratio is None else bool(1 - off <= ratio <= 1 + off), f"{1 - off:g} to {1 + off:g}"
        yield "C2", f"central difference / gradient, {what} of users below", _number(ratio), rule, right
    shares = [("C3", *one) for one in f["hurts"].items()]
    shares += [("C4", "transfer", f["transfer_hurts"]), ("C5", "solver", f["solver_hurts"])]
    for check, name, found in shares:
        yield check, f"share of users whom {name} hurts more than gradients", *_most(found, limits["hurt"])
    rising = [f[f"{name}_rmse_m"] for name in ("ladder_quarter", "ladder_half", "ladder", "ladder_double")]
    smallest, least = min(share(b, a) for a, b in pairwise(rising)), 1 - limits["slack"]
    yield "C6", "PGD at twice the epsilon / PGD, from 1/4 to 2 epsilon, smallest", *_least(smallest, least)
    unbounded = share(f["unbounded_rmse_m"], f["constant_rmse_m"])
    yield "C7", "PGD without bound / mean position", *_least(unbounded, 1.0)
    beyond = f["beyond_gradients"] if alone else None
    yield "C8", "share of users whom noise moves further than gradients allow", *_most(beyond, limits["beyond"])
    yield "P1", "estimate again, largest difference [m]", *_most(f["repeat_m"], limits["repeat_m"])
    yield "P2", "estimate alone, largest difference [m]", *_most(f["alone_m"], limits["alone_m"])
    yield "P3", "largest perturbation / epsilon", *_most(f["budget"], 1 + limits["budget"])
    yield "P4", "weights, modes, gradients that attacks changed", *_most(f["traces"], 0.0)
    yield "P5", "error of closed forms", *_most(f["closed_form"], limits["closed_form"])
    yield "U1", "RMSE / RMSE of a longer attack", *_least(f["rmse_share"], limits["converged"])
    yield "U2", "median error / median of a longer attack", *_least(f["median_share"], limits["converged"])
    yield "R1", "share of users whom a longer attack hurts more", _number(f["gaining_share"]), "no limit", None
    yield "R2", "PGD / one step of FGSM", share(f["ladder_rmse_m"], f["one_step_rmse_m"]), "no limit", None
    yield "R3", "estimates that attacks average over", f["draws"], "no limit", None


def _most(figure: float | None, limit: float) -> tuple[float, str, bool | None]:
    return _number(figure), f"at most {limit:g}", None if figure is None else figure <= limit


def _least(figure: float | None, limit: float) -> tuple[float, str, bool | None]:
    return _number(figure), f"at least {limit:g}", None if figure is None else figure >= limit


def _number(figure: float | None) -> float:
    return math.nan if figure is None else figure
