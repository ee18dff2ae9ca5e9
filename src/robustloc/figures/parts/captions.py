"""Sentences that the captions of several kinds of figures share."""

import pandas as pd

from robustloc.report import selection

NORMS = {"linf": "L-infinity", "l2": "L2"}
BANDS = "Curves are means over {} seeds, bands plus and minus one standard deviation over seeds."


def over_power(rows: pd.DataFrame) -> str:
    """Describe a figure of RMSE against the power of the perturbation."""
    attacked = rows[rows.attack != "clean"]
    return f"""Position RMSE [m] against the power of the perturbation relative to the signal [dB], that of the median
    user as measured: {localizers(attacked)}, under {attacks(attacked)}. {axes(attacked)};
    thin horizontal lines are errors without attack, errors are on a logarithmic scale. {baseline(rows)} {users(rows)}
    {seeds(rows)}"""


def listed(names: list[str]) -> str:
    """Join names with commas and a final "and"."""
    names = list(names)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def localizers(rows: pd.DataFrame) -> str:
    """Name the models, the scenario and the defences of a figure."""
    models = f"{listed(rows.model.unique())} in the scenario {rows.scenario.iloc[0]}"
    names = [name for name in rows.defence.unique() if name != "none"]
    plain = ["without defence"] if "none" in set(rows.defence) else []
    under = [f"with the defence{'s' * (len(names) > 1)} {listed(names)}"] if names else []
    return f"{models}, {listed(plain + under)}"


def under(rows: pd.DataFrame) -> str:
    """Name the attack of a figure with its epsilon, if there is one."""
    attacked = rows[rows.attack != "clean"]
    if attacked.empty:
        return "without attack"
    epsilon = f"epsilon {attacked.epsilon.iloc[0]:g} ({norms(attacked)}, units of the scaled input)"
    return f"clean and under {attacks(attacked)} at {epsilon}"


def attacks(attacked: pd.DataFrame) -> str:
    """Name the attacks of attacked cells."""
    names = attacked.attack.unique()
    return f"the attack{'s' * (len(names) > 1)} {listed(names)}"


def norms(attacked: pd.DataFrame) -> str:
    """Name the norms of the budgets of attacked cells."""
    return " and ".join(NORMS[norm] for norm in NORMS if norm in set(attacked.budget))


def axes(attacked: pd.DataFrame) -> str:
    """Describe what colours, markers and line styles of curves mean."""
    colours = [axis for axis in ("model", "attack") if attacked[axis].nunique() > 1] or ["attack"]
    single = " (an attack of one budget is a marker, filled for the first defence)"
    alone = single if selection.of_one_budget(attacked) else ""
    return f"A colour and a marker per {' and '.join(colours)}, a line style per defence{alone}"


def baseline(rows: pd.DataFrame) -> str:
    """Explain the line of `constant`, the baseline that ignores its input, if it is drawn."""
    if "constant" not in set(rows.model):
        return ""
    return "The line of constant is the error of always answering the mean training position."


def users(rows: pd.DataFrame) -> str:
    """Give the number of test users."""
    counts = sorted({f"{rows.n_users.min():g}", f"{rows.n_users.max():g}"}, key=float)
    return f"{' to '.join(counts)} test users."


def seeds(rows: pd.DataFrame, several: str = BANDS) -> str:
    """Give the number of seeds; with several, `several` explains what is drawn, with {} for their number."""
    counts = sorted({int(rows.seeds.min()), int(rows.seeds.max())})
    return "One seed." if counts == [1] else several.format(" to ".join(map(str, counts)))
