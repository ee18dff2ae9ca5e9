"""The results as tables of texts: the headline of each scenario, failed checks, matrices, every cell."""

import pandas as pd

from robustloc.report import layout, leaderboard, selection

UNITS = {"linf": "L∞", "l2": "L2", "psr_db": "dB"}
ERRORS = ["rmse_mean_m", "rmse_std_m", "rmse_low_m", "rmse_high_m"]


def headline(board: pd.DataFrame, summary: pd.DataFrame, epsilons: dict[str, float]) -> list[dict]:
    """Summarise the localizers of each scenario: errors without and under attack, verdict, cost.

    Args:
        board: one row per localizer (leaderboard.csv).
        summary: one row per cell (summary.csv).
        epsilons: scenario -> epsilon at which localizers are compared.

    Returns:
        For each scenario its name, its caption, and a row of texts per localizer. The error under attack is the error
        under ``worst``. If ``worst`` was not run, it is the largest error under another attack, with the attack's name.
    """
    compared = leaderboard.compared(summary, epsilons)
    found = []
    for scenario, rows in board.groupby("scenario"):
        own = compared[compared.scenario == scenario]
        localizers = [_localizer(row) for _, row in rows.iterrows()]
        found.append(
            {
                "scenario": scenario,
                "caption": leaderboard.caption(own, rows),
                "has_certificates": any(one["certified"] for one in localizers),
                "rows": localizers,
            }
        )
    return found


def _localizer(row: pd.Series) -> dict:
    """Write one row of the leaderboard as texts."""
    attacks = [name.removesuffix("_rmse_mean_m") for name in row.index if name.endswith("_rmse_mean_m")]
    errors = {name: row[f"{name}_rmse_mean_m"] for name in attacks if name != "clean"}
    known = {name: error for name, error in errors.items() if error == error}  # NaN: the attack was not run
    strongest = "worst" if "worst" in known else max(known, key=known.get, default=None)
    return {
        "model": row.model,
        "defence": row.defence,
        "verdict": row.verdict,
        "clean": _error(row, "clean"),
        "attacked": _error(row, strongest) if strongest else "",
        "others": _others(row, strongest) if strongest else "",
        "attack": "" if strongest in (None, "worst") else strongest,
        "certified": _certified(row),
        "parameters": f"{row.parameters:,.0f}",
        "multiply_adds": f"{row.multiply_adds:,.0f}",
        "gradients": "" if pd.isna(row.gradients) else f"{row.gradients:,.1f}",
    }


def _error(row: pd.Series, attack: str) -> str:
    """Write the error under one attack, in the format of headlines in the tables."""
    cell = {name: row[f"{attack}_{name}"] for name in ERRORS}
    return layout.value(pd.Series({"attack": "worst", **cell}))


def _others(row: pd.Series, attack: str) -> str:
    """Write median, 90th percentile and share of moved users under one attack."""
    cell = {name: row[f"{attack}_{name}"] for name in ("median_m", "p90_m", "moved_share")}
    return layout.others(pd.Series({"attack": attack, **cell}))


def _certified(row: pd.Series) -> str:
    error = row.get("certified_rmse_m", float("nan"))
    return "" if pd.isna(error) else f"{error:.3f} (radius {row.certified_radius:.3g})"


def failures(verdicts: pd.DataFrame) -> list[dict]:
    """List every judged localizer with its verdict and the checks that it failed.

    Args:
        verdicts: one row per localizer and check (verdicts.csv).
    """
    found = []
    for (scenario, model, defence, seed), rows in verdicts.groupby(["scenario", "model", "defence", "seed"]):
        failed = [layout.failure(row) for row in rows[rows.passed == "no"].itertuples()]
        place = {"scenario": scenario, "model": model, "defence": defence, "seed": seed}
        found.append(place | {"verdict": rows.verdict.iloc[0], "failed": failed})
    return found


def matrix(summary: pd.DataFrame, figure: dict) -> dict:
    """Write the cells of a figure of kind matrix as texts: one row per defence, one column per attack."""
    rows = selection.matrix(summary, figure)
    grid = selection.grid(rows.assign(text=rows.apply(layout.value, axis=1)), "text").fillna("")
    return {"columns": ["defence", *grid.columns], "rows": grid.reset_index().to_numpy().tolist()}


def cells(summary: pd.DataFrame) -> list[list[str]]:
    """Write every cell of the summary as texts, see `CELLS`."""
    rows = summary.assign(
        rmse=[layout.value(row) for _, row in summary.iterrows()],
        budget=[_budget(*pair) for pair in zip(summary.budget, summary.epsilon, strict=True)],
        median=summary.median_m.map("{:.3f}".format),
        p90=summary.p90_m.map("{:.3f}".format),
        moved=summary.moved_share.map("{:.0%}".format).where(summary.attack != "clean", ""),
        n_users=summary.n_users.map(layout.counted),
        psr=summary.psr_db.map("{:.1f}".format).replace({"-inf": "", "nan": ""}),
    )
    return rows[list(CELLS)].astype(str).to_numpy().tolist()


CELLS = {
    "scenario": "scenario",
    "model": "model",
    "defence": "defence",
    "attack": "attack",
    "budget": "budget",
    "rmse": "RMSE [m]",
    "median": "median [m]",
    "p90": "90th percentile [m]",
    "moved": "moved users",
    "psr": "PSR [dB]",
    "n_users": "users",
    "seeds": "seeds",
    "verdict": "verdict",
}


def _budget(kind: str, epsilon: float) -> str:
    return "" if kind == "none" else f"{epsilon:g} {UNITS[kind]}"


def certificates(table: pd.DataFrame) -> list[list[str]]:
    """Write every row of certified.csv as texts, see `CERTIFICATES`."""
    rows = table.assign(
        sigma=table.sigma.map("{:.3g}".format),
        radius=table.radius.map("{:.3g}".format),
        psr_db=table.psr_db.map("{:.1f}".format).replace({"-inf": ""}),
        certified_rmse_m=table.certified_rmse_m.map("{:.3f}".format),
        certified_p90_m=table.certified_p90_m.map("{:.3f}".format),
        n_users=table.n_users.map(layout.counted),
    )
    return rows[list(CERTIFICATES)].astype(str).to_numpy().tolist()


CERTIFICATES = {
    "scenario": "scenario",
    "model": "model",
    "defence": "defence",
    "seed": "seed",
    "confidence": "confidence",
    "sigma": "sigma",
    "radius": "radius (L2)",
    "psr_db": "PSR [dB]",
    "certified_rmse_m": "certified RMSE [m]",
    "certified_p90_m": "certified 90th percentile [m]",
    "n_users": "users",
}
