"""What stands under each kind of figure, in plain words: what is shown, of how many users and seeds, in which units."""

import pandas as pd

NORMS = {"linf": "L-infinity", "l2": "L2"}
SIGHT = {
    1: "in line of sight (LOS, circles)",
    0: "without line of sight (NLOS, triangles)",
    -1: "without any path (diamonds)",
    -2: "with line of sight not recorded (squares)",
}
BANDS = "Curves are means over {} seeds, bands plus and minus one standard deviation."


def caption(kind: str, rows: pd.DataFrame) -> str:
    """Write the caption of a figure as one line.

    Args:
        kind: of the figure.
        rows: the numbers that it is drawn from.
    """
    return " ".join(KINDS[kind](rows).split())


def _rmse(rows: pd.DataFrame) -> str:
    if set(rows.budget) <= {"psr_db", "none"}:
        return _power(rows)
    attacked = rows[rows.attack != "clean"]
    norms = " or ".join(NORMS[norm] for norm in NORMS if norm in set(attacked.budget))
    return f"""Position RMSE [m] against epsilon, the {norms} size of the perturbation in units of the scaled input:
    {_localizers(attacked)}, under {_attacks(attacked)}. {_axes(attacked)}; epsilon 0 is without
    attack, errors are on a logarithmic scale. {_floor(rows)} {_users(rows)} {_seeds(rows)}"""


def _power(rows: pd.DataFrame) -> str:
    attacked = rows[rows.attack != "clean"]
    return f"""Position RMSE [m] against the power of the perturbation relative to the signal [dB], that of the median
    user as measured: {_localizers(attacked)}, under {_attacks(attacked)}. {_axes(attacked)};
    thin horizontal lines are errors without attack, errors are on a logarithmic scale. {_floor(rows)} {_users(rows)}
    {_seeds(rows)}"""


def _certified(rows: pd.DataFrame) -> str:
    return f"""Position error [m] that is certified against every perturbation up to an L2 radius in units of the scaled
    input: {_localizers(rows)}. Solid is the RMSE, dashed the 90th percentile over users; each user's bound holds with a
    confidence of {rows.confidence.min():.4g}, radius 0 is the smoothed estimate's own error, and a curve ends where
    nothing is certified. Along the top is the power of the radius relative to the median user's signal [dB].
    {_users(rows)} {_seeds(rows)}"""


def _matrix(rows: pd.DataFrame) -> str:
    attacked = rows[rows.attack != "clean"]
    return f"""Position RMSE [m] of {_list(rows.model.unique())} in the scenario {rows.scenario.iloc[0]} by the defence
    that it was trained with (down) and the attack of the test (across), clean and at epsilon {attacked.epsilon.max():g}
    ({_norms(attacked)}, units of the scaled input). Colours are on a logarithmic scale, dark is a large error.
    {_users(rows)} {_seeds(rows, "Means over {} seeds.")}"""


def _map(rows: pd.DataFrame) -> str:
    users = rows.drop_duplicates("user")
    counts = [(text, (users.line_of_sight == flag).sum()) for flag, text in SIGHT.items()]
    sight = ", ".join(f"{count} {text}" for text, count in counts if count)
    several = "Each user's error is the root mean square over {} seeds."
    return f"""Position error [m] of every test user on the floor plan: {_localizers(rows)}, {_under(rows)}. Colour is
    the error, on a logarithmic scale, dark is a large one; above each panel is the RMSE over its users.
    {len(users)} test users: {sight}. {_seeds(rows, several)}"""


def _cdf(rows: pd.DataFrame) -> str:
    several = "Curves are each quantile's mean over {} seeds, bands plus and minus one standard deviation."
    users = rows.drop_duplicates("line_of_sight").n_users.sum()
    return f"""Share of the test users whose position error is at most that on the axis [m, logarithmic], by line of
    sight to the base station: {_localizers(rows)}, {_under(rows)}. Colours and line styles tell attacks and defences.
    {users} test users. {_seeds(rows, several)}"""


def _gallery(rows: pd.DataFrame) -> str:
    first, damage = rows.iloc[0], list(rows.damage.dropna().unique())
    whose = f"of the scenario {first.scenario} whose error it raises by the {_list(damage)} amount"
    who = f"the user {whose}" if len(damage) == 1 else f"the users {whose}, from top to bottom"
    users = (rows.panel == "test users").sum()
    return f"""What {first.attack} at epsilon {first.epsilon:g} ({_norms(rows)}, units of the scaled input) does to
    {who}: the clean angle-delay profile (ADP), the perturbation, the
    adversarial ADP (all on the scale {first.scale}), and on the floor plan [m] the true position and the estimates of
    {first.model} (defence {first.defence}, seed {first.seed}) from both profiles; grey dots are all {users} test
    users. Above each plan stands the position error without and under attack [m]."""


def _list(names: list[str]) -> str:
    """Join names as a sentence does."""
    names = list(names)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _localizers(rows: pd.DataFrame) -> str:
    """Name scenario, models and defences."""
    models = f"{_list(rows.model.unique())} in the scenario {rows.scenario.iloc[0]}"
    names = [name for name in rows.defence.unique() if name != "none"]
    plain = ["without defence"] if "none" in set(rows.defence) else []
    under = [f"with the defence{'s' * (len(names) > 1)} {_list(names)}"] if names else []
    return f"{models}, {_list(plain + under)}"


def _under(rows: pd.DataFrame) -> str:
    attacked = rows[rows.attack != "clean"]
    if attacked.empty:
        return "without attack"
    epsilon = f"epsilon {attacked.epsilon.iloc[0]:g} ({_norms(attacked)}, units of the scaled input)"
    return f"clean and under {_attacks(attacked)} at {epsilon}"


def _attacks(attacked: pd.DataFrame) -> str:
    names = attacked.attack.unique()
    return f"the attack{'s' * (len(names) > 1)} {_list(names)}"


def _norms(attacked: pd.DataFrame) -> str:
    return " and ".join(NORMS[norm] for norm in NORMS if norm in set(attacked.budget))


def _axes(attacked: pd.DataFrame) -> str:
    colours = [axis for axis in ("model", "attack") if attacked[axis].nunique() > 1] or ["attack"]
    return f"A colour and a marker per {' and '.join(colours)}, a line style per defence"


def _floor(rows: pd.DataFrame) -> str:
    """Explain the localizer that looks at nothing, if it is there."""
    if "constant" not in set(rows.model):
        return ""
    return "The line of constant is the error of always answering the mean training position."


def _users(rows: pd.DataFrame) -> str:
    counts = sorted({f"{rows.n_users.min():g}", f"{rows.n_users.max():g}"}, key=float)
    return f"{' to '.join(counts)} test users."


def _seeds(rows: pd.DataFrame, several: str = BANDS) -> str:
    """Say over how many seeds, and what several mean for what is seen."""
    counts = sorted({int(rows.seeds.min()), int(rows.seeds.max())})
    return "One seed." if counts == [1] else several.format(" to ".join(map(str, counts)))


KINDS = {
    "rmse": _rmse,
    "power": _power,
    "certified": _certified,
    "matrix": _matrix,
    "map": _map,
    "cdf": _cdf,
    "example": _gallery,
    "gallery": _gallery,
}
