"""The tidy results table in the paper's layout: a block per scenario, attack and epsilon down, localizers across."""

import pandas as pd


def layout(table: pd.DataFrame, scenario: str) -> pd.DataFrame:
    """Arrange one scenario's RMSE [m], averaged over seeds, as text; cells that were not run are empty.

    Args:
        table: the tidy table (rmse.csv).
        scenario: which rows to take.

    Returns:
        The verdicts first, then clean, then ``worst``, then one row per attack and budget; a column per model and
        defence.
    """
    rows = table[table.scenario == scenario]
    suffix = rows.defence.map(lambda name: "" if name == "none" else f" + {name}")
    place = rows.attack.map({"clean": 0, "worst": 1}).fillna(2)
    rows = rows.assign(localizer=rows.model + suffix, place=place)
    wide = rows.pivot_table(index=["place", "attack", "budget", "epsilon"], columns="localizer", values="rmse_m")
    text = wide.map(lambda value: "" if pd.isna(value) else f"{value:.3f}").reset_index().drop(columns="place")
    text["budget"] = [_budget(*pair) for pair in zip(text["budget"], text.pop("epsilon"), strict=True)]
    words = rows.groupby("localizer").verdict.agg(lambda words: "/".join(sorted(set(words) - {"none"})))
    verdicts = pd.DataFrame([{"attack": "verdict", "budget": ""} | words.to_dict()])
    return pd.concat([verdicts, text.rename_axis(columns=None)], ignore_index=True)


def _budget(kind: str, value: float) -> str:
    return {"none": "", "psr_db": f"{value:g} dB"}.get(kind, f"{value:g} {kind}")


def caption(table: pd.DataFrame, scenario: str) -> str:
    """Say what one scenario's layout shows, of how many test users, averaged over how many seeds."""
    rows = table[table.scenario == scenario]
    users = " to ".join(map(str, sorted({rows.n_users.min(), rows.n_users.max()})))
    seeds = rows.groupby(["model", "defence", "attack", "budget", "epsilon"]).seed.nunique()
    averaged = " to ".join(map(str, sorted({seeds.min(), seeds.max()})))
    return f"position RMSE [m] of {users} test users, " + (
        "one seed" if averaged == "1" else f"mean of {averaged} seeds"
    )


def markdown(table: pd.DataFrame) -> str:
    """Write every scenario's layout as a Markdown table."""
    parts = []
    for scenario in sorted(set(table.scenario)):
        text = layout(table, scenario)
        align = ["left", *["right"] * (len(text.columns) - 1)]
        body = text.to_markdown(index=False, disable_numparse=True, colalign=align)
        parts.append(f"## {scenario}: {caption(table, scenario)}\n\n{body}\n")
    return "\n".join(parts)


def latex(table: pd.DataFrame) -> str:
    """Write every scenario's layout as a LaTeX table (package booktabs)."""
    parts = []
    for scenario in sorted(set(table.scenario)):
        text = layout(table, scenario)
        style = text.style.hide(axis="index").format(escape="latex").format_index(escape="latex", axis=1)
        parts.append(
            style.to_latex(
                hrules=True,
                column_format="l" + "r" * (len(text.columns) - 1),
                caption=f"Scenario {scenario.replace('_', ' ')}: {caption(table, scenario)}.",
                label=f"tab:rmse-{scenario.replace('_', '-')}",
                position_float="centering",
            )
        )
    return "\n".join(parts)


def verdicts(table: pd.DataFrame) -> str:
    """Write every localizer's verdict with the checks that failed as a Markdown table.

    Args:
        table: one row per localizer and check (verdicts.csv).
    """
    failed = table[table.passed == "no"]
    texts = [f"{row.check} {row.what}: {row.figure:.3g}, expected {row.rule}" for row in failed.itertuples()]
    reasons = pd.Series(texts, index=failed.index, dtype=object)
    keys = ["scenario", "model", "defence", "seed"]
    words = table.groupby(keys)[["epsilon", "n_users", "verdict"]].first()
    words["failed checks"] = reasons.groupby([failed[key] for key in keys]).agg("; ".join)
    return words.fillna({"failed checks": ""}).reset_index().to_markdown(index=False) + "\n"
