"""One row per localizer: what it costs, how far it errs, without and under attack, and whether to believe it."""

import pandas as pd

from robustloc import tables

KEYS = ["scenario", "model", "defence"]
FIGURES = ["rmse_mean_m", "rmse_std_m", "rmse_low_m", "rmse_high_m"]


def compared(summary: pd.DataFrame, epsilons: dict[str, float]) -> pd.DataFrame:
    """Choose the cells that localizers are compared by: without attack, and at one epsilon of each scenario.

    Args:
        summary: one row per cell (summary.csv).
        epsilons: scenario -> reference epsilon; of those that were run the nearest one is taken.
    """
    rows = summary[summary.budget != "psr_db"]
    distance = (rows.epsilon - rows.scenario.map(epsilons)).abs().where(rows.attack != "clean")
    nearest = distance == distance.groupby(rows.scenario).transform("min")
    return rows[nearest | (rows.attack == "clean")]


def leaderboard(rows: pd.DataFrame, training_s: pd.DataFrame, *, text: bool = False) -> pd.DataFrame:
    """Arrange cells by localizer, the least error under ``worst`` first, or without attack where that was not run.

    Args:
        rows: see `compared`.
        training_s: scenario, model, defence and training_s: wall time of training [s], where it is known.
        text: write each error in one column, as tables show it.

    Returns:
        Keys, verdict, seeds, parameters, multiply_adds, training_s, then of clean, of every attack and of worst
        ``<attack>_rmse_mean_m``, …_std_m, …_low_m and …_high_m [m]; or ``<attack>`` as text.
    """
    attacks = sorted(set(rows.attack), key=lambda name: (name == "worst", name != "clean", name))
    figures = rows.assign(text=rows.apply(tables.value, axis=1)).pivot(index=KEYS, columns="attack")
    board = rows[rows.attack == "clean"].set_index(KEYS)[["verdict", "seeds", "parameters", "multiply_adds"]]
    board = board.join(training_s.groupby(KEYS).training_s.mean())
    for attack in attacks:
        for name in ["text"] if text else FIGURES:
            board[attack if text else f"{attack}_{name}"] = figures[name, attack]
    means = figures["rmse_mean_m"]
    order = means.get("worst", means["clean"]).rename("worst").to_frame().join(means["clean"])
    return board.loc[order.sort_values(["scenario", "worst", "clean", *KEYS[1:]]).index].reset_index()


def markdown(rows: pd.DataFrame, training_s: pd.DataFrame) -> str:
    """Write the leaderboard as one Markdown table per scenario."""
    parts = []
    for scenario, own in rows.groupby("scenario"):
        board = leaderboard(own, training_s, text=True).drop(columns=["scenario", "seeds"])
        for name in ("parameters", "multiply_adds", "training_s"):
            board[name] = board[name].map("{:,.0f}".format).replace("nan", "")
        board = board.rename(columns={"multiply_adds": "multiply-adds", "training_s": "training [s]"}).fillna("")
        budgets = ", ".join(sorted({f"{row.epsilon:g}" for row in own.itertuples() if row.attack != "clean"}))
        title = f"{scenario}: {tables.caption(own)}" + (f"; attacks at epsilon {budgets}" if budgets else "")
        parts.append(f"## {title}\n\n{tables.pipes(board, left=3)}")
    return "\n".join(parts)
