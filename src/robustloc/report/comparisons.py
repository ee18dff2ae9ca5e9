"""Differences between localizers and their controls, on the same users and, if possible, the same seeds."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from robustloc.report import layout
from robustloc.report.latex import document, tabular
from robustloc.report.statistics import ALPHA, Mean, mean_over_seeds, resampled_median, resampled_rmse, rmse

CROSSED, USERS, ONE_SEED = "seeds and users", "users", "users of one seed"
NO_DIFFERENCE = "no difference shown"
KEYS = ["scenario", "attack", "epsilon", "budget", "model", "defence", "control_model", "control_defence"]


@dataclass(frozen=True)
class Side:
    """One localizer of a comparison.

    Attributes:
        errors: seed -> position errors (N,) [m], of the same users in the same order for all seeds and both sides.
        learns: whether it has trained weights.
    """

    errors: dict[int, np.ndarray]
    learns: bool


def row(names: dict, first: Side, second: Side) -> dict:
    """Compare two localizers, first minus second.

    Seeds that both have are paired. A localizer without trained weights that has one seed is compared with every seed
    of the other; what it draws at random, if anything, then stays fixed.

    Args:
        names: the values of KEYS.
        first, second: the localizer and its control.

    Returns:
        The columns of comparisons.csv except ``p_holm`` and ``finding``; ``p`` and ``detectable_m`` are NaN if one seed
        of trained weights, or fewer than `layout.FEW` users, allow no conclusion.
    """
    pairs = _pairs(first, second)
    users, trained = len(pairs[0][0]), first.learns or second.learns
    over = CROSSED if len(pairs) > 1 else ONE_SEED if trained else USERS
    roots = np.array([[rmse(error) for error in pair] for pair in pairs])
    mean = mean_over_seeds(-np.diff(roots).ravel(), _resampled(pairs, resampled_rmse), users)
    medians = np.array([np.median(one) - np.median(two) for one, two in pairs])
    median = mean_over_seeds(medians, _resampled(pairs, resampled_median), users)
    judged = over != ONE_SEED and users >= layout.FEW
    return {
        **{key: names[key] for key in KEYS},
        "seeds": len(pairs),
        "over": over,
        "n_users": users,
        **dict(zip(("rmse_mean_m", "control_rmse_mean_m"), roots.mean(axis=0), strict=True)),
        **_difference("rmse", mean),
        **_difference("median", median),
        "detectable_m": mean.detectable() if judged else np.nan,
        "p": mean.p() if judged else np.nan,
    }


def _pairs(first: Side, second: Side) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pair the errors of both sides by seed."""
    one, two = first.errors, second.errors
    if len(one) == 1 and not first.learns:
        one = dict.fromkeys(two, *one.values())
    elif len(two) == 1 and not second.learns:
        two = dict.fromkeys(one, *two.values())
    return [(one[seed], two[seed]) for seed in sorted(one.keys() & two.keys())]


def _resampled(pairs: list, statistic: object) -> np.ndarray:
    return np.stack([statistic(one) - statistic(two) for one, two in pairs])


def _difference(name: str, mean: Mean) -> dict:
    low, high = mean.value - mean.half(), mean.value + mean.half()
    return {f"{name}_difference_m": mean.value, f"{name}_low_m": low, f"{name}_high_m": high}


def table(rows: list[dict]) -> pd.DataFrame:
    """Join the rows of an experiment, correct their p-values together, and say what they show."""
    frame = pd.DataFrame(rows)
    frame["p_holm"] = holm(frame.p.to_numpy())
    frame["finding"] = [_finding(one) for one in frame.itertuples()]
    return frame


def holm(p: np.ndarray) -> np.ndarray:
    """Correct p-values (N,) for their number (Holm 1979, Scandinavian Journal of Statistics 6:65); NaN are left out.

    The probability that a true hypothesis of the family has a corrected p-value below 5 % is at most 5 %.
    """
    corrected, places = np.full(len(p), np.nan), np.flatnonzero(~np.isnan(p))
    order = places[np.argsort(p[places], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(factors * p[order]), 1)
    return corrected


def _finding(row: object) -> str:
    """Say what a row shows about the RMSE of the first localizer; without a p-value, say why nothing is shown."""
    if np.isnan(row.p):
        return "one seed" if row.over == ONE_SEED else "too few users"
    if row.p_holm >= ALPHA:
        return NO_DIFFERENCE
    return "larger" if row.rmse_difference_m > 0 else "smaller"


def markdown(frame: pd.DataFrame) -> str:
    """Write every scenario's comparisons as a Markdown table."""
    parts = [f"## {name}: {_caption(rows, frame)}\n\n{layout.pipes(_texts(rows), 3)}" for name, rows in _by(frame)]
    return "\n".join(parts)


def latex(frame: pd.DataFrame) -> str:
    """Write every scenario's comparisons as a LaTeX table."""
    titles = {name: f"{name}: {_caption(rows, frame)}" for name, rows in _by(frame)}
    return document([tabular(_texts(rows), titles[name], f"comparisons-{name}", left=3) for name, rows in _by(frame)])


def _by(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    return list(frame.groupby("scenario"))


def _caption(rows: pd.DataFrame, frame: pd.DataFrame) -> str:
    seeds, over = layout.span(rows.seeds), ", or ".join(sorted(set(rows.over)))
    return (
        f"position RMSE [m] of localizers minus that of their controls, {layout.span(rows.n_users)} test users"
        f"{layout.few(rows.n_users)}, {seeds} seed{'s' * (seeds != '1')}; brackets: 95 % intervals over {over}, each "
        f"of one row; p: Holm's correction for {frame.p.count()} rows; detectable: difference that one row's "
        "interval shows with 80 % probability"
    )


def _budget(kind: str, value: float) -> str:
    return {"none": "", "psr_db": f" {value:g} dB"}.get(kind, f" {value:g}")


def _texts(rows: pd.DataFrame) -> pd.DataFrame:
    """Write the rows of one scenario as texts."""
    control = rows[["control_model", "control_defence"]].set_axis(["model", "defence"], axis=1)
    text = pd.DataFrame({"localizer": layout.localizer(rows), "control": layout.localizer(control)})
    budgets = [_budget(*one) for one in zip(rows.budget, rows.epsilon, strict=True)]
    text["attack"] = rows.attack + budgets
    for head, name in {"RMSE": "rmse_mean_m", "control's": "control_rmse_mean_m"}.items():
        text[head] = rows[name].map("{:.3f}".format)
    for head, name in {"difference": "rmse", "of medians": "median"}.items():
        ends = rows[[f"{name}_difference_m", f"{name}_low_m", f"{name}_high_m"]].to_numpy()
        text[head] = ["{:+.3f} [{:.3f}, {:.3f}]".format(*one) for one in ends]
    text["detectable"] = rows.detectable_m.map("{:.3f}".format).replace("nan", "")
    text["p"] = rows.p_holm.map("{:.3g}".format).replace("nan", "")
    text["seeds"] = rows.seeds.map(str)
    return text.assign(finding=rows.finding)
