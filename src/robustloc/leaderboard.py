"""One row per localizer: what it costs, how far it errs, without and under attack, and whether to believe it."""

import pandas as pd

KEYS = ["scenario", "model", "defence"]
CLEAN = "clean"
WORST = "worst"


def leaderboard(summary: pd.DataFrame, epsilons: dict[str, float], training_s: pd.DataFrame) -> pd.DataFrame:
    """Arrange the summary by localizer.

    Args:
        summary: one row per cell (summary.csv).
        epsilons: scenario -> the epsilon at which its localizers are compared.
        training_s: scenario, model, defence and training_s, seconds of training [s], where they are known.

    Returns:
        Keys, seeds, parameters, multiply_adds, training_s; ``<attack>_rmse_m`` and its std, low and high [m] of
        ``clean`` and every attack at the scenario's epsilon, mean over seeds; verdict. The least error under ``worst``
        first, or without attack where that was not run.
    """
    rows = summary[(summary.attack == CLEAN) | (summary.epsilon == summary.scenario.map(epsilons))]
    rows = rows[rows.budget != "psr_db"].rename(columns=lambda name: name.replace("rmse_mean_m", "rmse_rmse_m"))
    figures = rows.pivot(
        index=KEYS, columns="attack", values=["rmse_rmse_m", "rmse_std_m", "rmse_low_m", "rmse_high_m"]
    )
    figures.columns = [f"{attack}_{name.removeprefix('rmse_')}" for name, attack in figures.columns]
    every = rows[rows.attack == CLEAN].set_index(KEYS)[["seeds", "parameters", "multiply_adds", "verdict"]]
    board = every.join(training_s.groupby(KEYS).training_s.mean()).join(figures).reset_index()
    order = [f"{name}_rmse_m" for name in (WORST, CLEAN) if f"{name}_rmse_m" in board]
    return board.sort_values(["scenario", *order, "model", "defence"]).reset_index(drop=True)


def markdown(board: pd.DataFrame, epsilons: dict[str, float]) -> str:
    """Write the leaderboard as one Markdown table per scenario."""
    parts = []
    for scenario, rows in board.groupby("scenario"):
        attacks = [name.removesuffix("_rmse_m") for name in rows if name.endswith("_rmse_m")]
        attacks = [name for name in attacks if rows[f"{name}_rmse_m"].notna().any()]
        attacks.sort(key=lambda name: (name == WORST, name != CLEAN))
        table = rows[["model", "defence", "verdict"]].assign(
            **{"parameters": rows.parameters.map("{:,}".format), "multiply-adds": rows.multiply_adds.map("{:,}".format)}
        )
        table["training [s]"] = rows.training_s.map("{:.0f}".format).replace("nan", "")
        for name in attacks:
            table[name] = [_text(row, name) for _, row in rows.iterrows()]
        seeds = " to ".join(map(str, sorted({rows.seeds.min(), rows.seeds.max()})))
        over = "one seed" if seeds == "1" else f"mean ± standard deviation of {seeds} seeds"
        words = f"position RMSE [m] at epsilon {epsilons[scenario]:g}, {over}; in brackets its 95 % bootstrap interval"
        align = ["left"] * 3 + ["right"] * (len(table.columns) - 3)
        body = table.to_markdown(index=False, disable_numparse=True, colalign=align)
        parts.append(f"## {scenario}: {words}\n\n{body}\n")
    return "\n".join(parts)


def _text(row: pd.Series, name: str) -> str:
    mean, spread, low, high = (row[f"{name}_{figure}_m"] for figure in ("rmse", "std", "low", "high"))
    if pd.isna(mean):
        return ""
    interval = f" [{low:.3f}, {high:.3f}]" if name in (CLEAN, WORST) else ""
    return f"{mean:.3f}" + ("" if pd.isna(spread) else f" ± {spread:.3f}") + interval
