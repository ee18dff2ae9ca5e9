"""One row per localizer: its cost, its errors without and under attack, and its verdict."""

import numpy as np
import pandas as pd

from robustloc.report import layout
from robustloc.report.latex import document, tabular

KEYS = ["scenario", "model", "defence"]
FIGURES = ["rmse_mean_m", "rmse_std_m", "rmse_low_m", "rmse_high_m", "median_m", "p90_m", "moved_share"]
PROVEN = ["certified_radius", "certified_rmse_m", "certified_n_users"]
HEADS = {"multiply_adds": "multiply-adds", "gradients": "training gradients"}


def compared(summary: pd.DataFrame, epsilons: dict[str, float]) -> pd.DataFrame:
    """Choose the cells that compare localizers: without attack, and at one epsilon per scenario.

    Args:
        summary: one row per cell (summary.csv).
        epsilons: scenario -> that epsilon.
    """
    rows = summary[summary.budget != "psr_db"]
    at_epsilon = np.isclose(rows.epsilon, rows.scenario.map(epsilons), rtol=1e-9, atol=0)
    return rows[at_epsilon | (rows.attack == "clean")]


def proven(certified: pd.DataFrame) -> pd.DataFrame:
    """Choose for each smoothed localizer the radius nearest to its noise's standard deviation.

    Smaller radii prove little; beyond that radius the bound soon becomes infinite.

    Args:
        certified: one row per localizer, seed and radius (certified.csv).

    Returns:
        scenario, model and defence as index, PROVEN as columns; the RMSE is the mean over seeds.
    """
    rows = certified[certified.radius > 0].sort_values("radius")  # 0 is no bound
    nearest = (rows.radius - rows.sigma).abs().groupby([rows[name] for name in (*KEYS, "seed")]).idxmin()
    chosen = rows.loc[nearest].rename(columns={"radius": "certified_radius", "n_users": "certified_n_users"})
    return chosen.groupby(KEYS).agg(dict(zip(PROVEN, ("first", "mean", "min"), strict=True)))


def gradients(trainings: list[pd.DataFrame]) -> float:
    """Return the number of gradients per training user that made a localizer; NaN if no training is known.

    Args:
        trainings: one row per epoch (training.csv), of each training that made its checkpoints.
    """
    return sum(float(log.gradients.sum()) for log in trainings) if trainings else np.nan


def leaderboard(rows: pd.DataFrame, costs: pd.DataFrame, certified: pd.DataFrame | None = None) -> pd.DataFrame:
    """Arrange cells by localizer, sorted by the error under ``worst``, or without attack if it was not run.

    Args:
        rows: see `compared`.
        costs: scenario, model, defence and `gradients`, one row per localizer.
        certified: one row per smoothed localizer, seed and radius (certified.csv), if there is one.

    Returns:
        KEYS, verdict, seeds, parameters, multiply_adds, gradients, epsilon of the attacks, tolerance_m; then for
        clean, each attack and worst ``<attack>_<figure>`` for each of FIGURES; then PROVEN.
    """
    figures = rows.pivot(index=KEYS, columns="attack", values=FIGURES)
    board = rows[rows.attack == "clean"].set_index(KEYS)[["verdict", "seeds", "parameters", "multiply_adds"]]
    board = board.join(costs.groupby(KEYS).gradients.mean())
    board = board.join(rows[rows.attack != "clean"].groupby(KEYS).epsilon.first())
    board = board.join(rows.groupby(KEYS).tolerance_m.first())
    for attack in sorted(set(rows.attack), key=lambda name: (name == "worst", name != "clean", name)):
        for name in FIGURES:
            board[f"{attack}_{name}"] = figures[name, attack]
    board = board.join(proven(certified)) if certified is not None else board.assign(**dict.fromkeys(PROVEN, np.nan))
    means = figures["rmse_mean_m"]
    order = means.get("worst", means["clean"]).rename("worst").to_frame().join(means["clean"])
    return board.loc[order.sort_values(["scenario", "worst", "clean", *KEYS[1:]]).index].reset_index()


def markdown(rows: pd.DataFrame, board: pd.DataFrame) -> str:
    """Write the leaderboard as one Markdown table per scenario: the worst and what is proven before single attacks.

    Args:
        rows, board: what `leaderboard` takes and makes.
    """
    parts = []
    for scenario, own in rows.groupby("scenario"):
        shown = board[board.scenario == scenario]
        parts.append(f"## {scenario}: {caption(own, shown)}\n\n{layout.pipes(_texts(own, shown), left=3)}")
    return "\n".join(parts)


def latex(rows: pd.DataFrame, board: pd.DataFrame) -> str:
    """Write the leaderboard as one LaTeX table per scenario, without intervals, nor single attacks beside ``worst``."""
    parts = []
    for scenario, own in rows.groupby("scenario"):
        shown = board[board.scenario == scenario]
        if "worst" in set(own.attack):
            own = own[own.attack.isin(layout.HEADLINES)]
        text = _texts(own, shown, headlines=())
        text.insert(0, "localizer", layout.localizer(text))
        title = f"{scenario}: {caption(own, shown, intervals=False)}"
        parts.append(tabular(text.drop(columns=["model", "defence"]), title, f"leaderboard-{scenario}", left=2))
    return document(parts)


def _texts(rows: pd.DataFrame, board: pd.DataFrame, headlines: tuple[str, ...] = layout.HEADLINES) -> pd.DataFrame:
    """Write the rows of one scenario as texts, with one column per attack; the columns have a fixed order."""
    rows = rows.assign(text=rows.apply(layout.value, axis=1, headlines=headlines))
    texts = rows.pivot(index=KEYS, columns="attack", values="text")
    board = board.set_index(KEYS)
    found = board[["verdict"]]
    for name in [name for name in layout.HEADLINES if name in texts]:
        own = rows[rows.attack == name].set_index(KEYS)
        found = found.join(texts[name]).join(own.apply(layout.others, axis=1).rename(layout.others_of(name)))
    if (proof := board.certified_radius.notna()).any():
        bounds = board[proof].apply("{0.certified_rmse_m:.3f} within {0.certified_radius:g}".format, axis=1)
        found["certified"] = bounds
    for name, form in (("parameters", "{:,.0f}"), ("multiply_adds", "{:,.0f}"), ("gradients", "{:,.1f}")):
        found[HEADS.get(name, name)] = board[name].map(form.format).replace("nan", "")
    found = found.join(texts[sorted(set(texts) - set(layout.HEADLINES))])
    return found.fillna("").reset_index().drop(columns="scenario")


def caption(rows: pd.DataFrame, board: pd.DataFrame, *, intervals: bool = True) -> str:
    """Describe the rows of one scenario.

    Args:
        rows, board: what `leaderboard` takes and makes.
        intervals: whether the cells show intervals in brackets.
    """
    budgets = ", ".join(f"{epsilon:g}" for epsilon in sorted(set(board.epsilon.dropna())))
    attacks = f"; attacks at epsilon {budgets}" if budgets else ""
    certified = board.certified_n_users.dropna().astype(int)
    users = layout.span(certified)
    within = "under every attack within the stated L2 radius, which is another budget than epsilon"
    proof = f"; certified: bound for {users} of the users{layout.few(certified)} {within}" if users else ""
    return f"{layout.caption(rows, intervals=intervals)}; {layout.moved(rows)}{attacks}{proof}"
