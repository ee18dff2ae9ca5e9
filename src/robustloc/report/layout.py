"""The results as tables that people read: the paper's layout, matrices of training and test attacks, verdicts."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pandas as pd

from robustloc.report import selection
from robustloc.report.latex import document, tabular

# rows that show the interval as well
HEADLINES = ("clean", "worst")
# Below this number of test users, the usual rule of thumb, bootstrap intervals are too narrow.
FEW = 30


def layout(summary: pd.DataFrame, scenario: str) -> pd.DataFrame:
    """Arrange one scenario's RMSE [m] over seeds as text; cells that were not run are empty.

    Args:
        summary: one row per cell (summary.csv).
        scenario: which rows to take.

    Returns:
        Verdicts and sizes first, then clean, then ``worst``, each followed by its other statistics (`others`), then one
        row per attack and budget; a column per model and defence.
    """
    rows = summary[summary.scenario == scenario]
    place = rows.attack.map({name: place for place, name in enumerate(HEADLINES)}).fillna(len(HEADLINES))
    rows = rows.assign(localizer=localizer(rows), place=place, text=rows.apply(value, axis=1))
    heads = rows[rows.attack.isin(HEADLINES)]
    heads = heads.assign(text=heads.apply(others, axis=1), attack=heads.attack.map(others_of), place=heads.place + 0.5)
    rows = pd.concat([rows, heads])
    wide = rows.pivot(index=["place", "attack", "budget", "epsilon"], columns="localizer", values="text")
    text = wide.sort_index().fillna("").reset_index().drop(columns="place")
    text["budget"] = [_budget(*pair) for pair in zip(text["budget"], text.pop("epsilon"), strict=True)]
    groups = rows.groupby("localizer")
    words = groups.verdict.agg(lambda words: "/".join(sorted(set("/".join(words).split("/")) - {"none"})))
    sizes = groups[["parameters", "multiply_adds"]].first().map("{:,}".format)
    head = {"verdict": words, "parameters": sizes.parameters, "multiply-adds": sizes.multiply_adds}
    first = pd.DataFrame([{"attack": name, "budget": ""} | row.to_dict() for name, row in head.items()])
    return pd.concat([first, text.rename_axis(columns=None)], ignore_index=True)


def localizer(rows: pd.DataFrame) -> pd.Series:
    """Name localizers by model and defence."""
    return rows.model + rows.defence.map(lambda name: "" if name == "none" else f" + {name}")


def value(row: pd.Series, headlines: tuple[str, ...] = HEADLINES) -> str:
    """Write one cell: its RMSE, the standard deviation over seeds and, for a headline, the interval."""
    spread = "" if pd.isna(row.rmse_std_m) else f" ± {row.rmse_std_m:.3f}"  # one seed has no deviation
    interval = f" [{row.rmse_low_m:.3f}, {row.rmse_high_m:.3f}]" if row.attack in headlines else ""
    return f"{row.rmse_mean_m:.3f}{spread}{interval}"


def others(row: pd.Series) -> str:
    """Write what a few users cannot decide: median, 90th percentile [m] and, under attack, the share of moved users."""
    share = "" if row.attack == "clean" else f" / {100 * row.moved_share:.0f} %"
    return f"{row.median_m:.3f} / {row.p90_m:.3f}{share}"


def others_of(attack: str) -> str:
    """Return the title of what `others` writes."""
    return f"{attack}: median / p90" + " / moved" * (attack != "clean")


def _budget(kind: str, value: float) -> str:
    return {"none": "", "psr_db": f"{value:g} dB"}.get(kind, f"{value:g} {kind}")


def caption(rows: pd.DataFrame, *, intervals: bool = True, values: str = "position RMSE [m]") -> str:
    """Describe the cells of a table: values, number of test users, number of seeds."""
    users, seeds = span(rows.n_users), span(rows.seeds)
    over = "one seed" if seeds == "1" else f"mean ± standard deviation of {seeds} seeds"
    brackets = f"; brackets: 95 % interval over {brackets_over(rows.seeds)}" if intervals else ""
    return f"{values} of {users} test users{few(rows.n_users)}, {over}{brackets}"


def moved(rows: pd.DataFrame) -> str:
    """Explain the share of moved users of one scenario's cells."""
    return f"moved: share of users whom the attack moves by more than {rows.tolerance_m.iloc[0]:g} m"


def brackets_over(seeds: pd.Series) -> str:
    """Say what the intervals of rows with these numbers of seeds are over."""
    if (seeds == 1).all():
        return "users, for this seed"
    return "seeds and users" + ", of rows with one seed over users" * bool((seeds == 1).any())


def few(counts: pd.Series) -> str:
    """Return the remark that some number of test users is small; empty if none is."""
    return f" (few: below {FEW}, intervals and differences are unreliable)" if (counts < FEW).any() else ""


def counted(users: int) -> str:
    """Write a number of test users, marked if it is small."""
    return f"{users} (few)" if users < FEW else str(users)


def plain(table: pd.DataFrame) -> str:
    """Write a table for programs as Markdown, with a mark beside small numbers of test users."""
    return table.assign(n_users=table.n_users.map(counted)).to_markdown(index=False, floatfmt=".4g") + "\n"


def span(counts: pd.Series) -> str:
    """Write the smallest and the largest of some counts, or one number if they are equal; empty without counts."""
    return " to ".join(map(str, sorted({*counts.nsmallest(1), *counts.nlargest(1)})))


def markdown(summary: pd.DataFrame) -> str:
    """Write every scenario's layout as a Markdown table."""
    parts = []
    for scenario, rows in summary.groupby("scenario"):
        parts.append(f"## {scenario}: {caption(rows)}; {moved(rows)}\n\n{pipes(layout(summary, scenario))}")
    return "\n".join(parts)


def matrices(summary: pd.DataFrame, figures: list[dict]) -> str:
    """Write every figure of kind matrix as a Markdown table: one row per defence, one column per attack."""
    parts = ["RMSEs of each figure of kind `matrix`: one row per defence, one column per attack.\n"]
    for figure in figures:
        rows = selection.matrix(summary, figure)
        text = rows.assign(text=rows.apply(value, axis=1))
        title = f"{figure['name']}: {figure['scenario']}, {figure['model']}, epsilon {figure['epsilon']:g}"
        parts.append(f"## {title}; {caption(rows)}\n\n{pipes(selection.grid(text, 'text').reset_index())}")
    return "\n".join(parts)


def pipes(text: pd.DataFrame, left: int = 1) -> str:
    """Write a table of texts as Markdown; the first columns are left-aligned."""
    align = ["left"] * left + ["right"] * (len(text.columns) - left)
    return text.to_markdown(index=False, disable_numparse=True, colalign=align) + "\n"


def latex(summary: pd.DataFrame) -> str:
    """Write a LaTeX table per scenario and attack, ``worst`` first: a row per localizer, a column per budget.

    Median, 90th percentile and share of moved users under the first attack have a table of their own.
    """
    parts = []
    for _, rows in summary.groupby("scenario"):
        attacks = sorted(set(rows.attack) - {"clean"}, key=lambda name: (name != "worst", name))
        first, *more = [_under(rows, attack) for attack in attacks or ["clean"]]
        values = "median and 90th percentile of the position error [m], and share of moved users"
        robust = _under(rows, (attacks or ["clean"])[0], others, values=values, label="-median")
        parts.append("\n".join([first, robust, *more]))
    return document(parts)


def _under(
    rows: pd.DataFrame,
    attack: str,
    write: Callable[[pd.Series], str] | None = None,
    *,
    values: str = "position RMSE [m]",
    label: str = "",
) -> str:
    """Write a scenario's localizers under one attack, and ``constant``, the baseline that ignores its input."""
    rows = rows.assign(localizer=localizer(rows), text=rows.apply(write or partial(value, headlines=()), axis=1))
    clean, attacked = (rows[rows.attack == name].set_index("localizer") for name in ("clean", attack))
    shown = clean[clean.index.isin(attacked.index) | (clean.model == "constant")]
    text, title = shown[["verdict", "text"]].rename(columns={"text": "clean"}), ""
    if attack != "clean":
        (kind,) = set(attacked.budget)
        for epsilon, own in attacked.sort_values("epsilon").groupby("epsilon"):
            text[_budget(kind, epsilon).removesuffix(f" {kind}")] = own.text
        by = "its power relative to the signal's" if kind == "psr_db" else f"epsilon ({kind})"
        title = f"clean, and under {attack} by {by}; "
    title = f"{rows.scenario.iloc[0]}: {title}{caption(rows, intervals=False, values=values)}"
    title += f"; {moved(rows)}" if label else ""
    place = f"rmse-{rows.scenario.iloc[0]}-{attack}{label}"
    return tabular(text.sort_index().fillna("").reset_index(), title, place, left=2)


def verdicts(table: pd.DataFrame) -> str:
    """Write every localizer's verdict with the checks that failed as a Markdown table.

    Args:
        table: one row per localizer and check (verdicts.csv).
    """
    failed = table[table.passed == "no"]
    texts = [failure(row) for row in failed.itertuples()]
    reasons = pd.Series(texts, index=failed.index, dtype=object)
    keys = ["scenario", "model", "defence", "seed"]
    words = table.groupby(keys)[["epsilon", "n_users", "verdict"]].first()
    words["n_users"] = words.n_users.map(counted)
    words["failed checks"] = reasons.groupby([failed[key] for key in keys]).agg("; ".join)
    return words.fillna({"failed checks": ""}).reset_index().to_markdown(index=False) + "\n"


def failure(row: NamedTuple) -> str:
    """Write a failed check: the value that was found, to four significant digits, and the expected range."""
    return f"{row.check} {row.what}: {row.figure:.4g}, expected {row.rule}"


def dictionary(columns: pd.DataFrame) -> str:
    """Write the meanings of columns, as one Markdown table per table.

    Args:
        columns: table, column, type, unit and meaning.
    """
    parts = [
        "The columns of the tables in this folder. A missing value is an empty field in CSV and null in Parquet. "
        "Units: `1` for counts and shares, `input` for the scaled input; words have no unit.\n"
    ]
    for name, rows in columns.groupby("table", sort=False):
        parts.append(f"## {name}\n\n{pipes(rows.drop(columns='table'), left=4)}")
    return "\n".join(parts)
