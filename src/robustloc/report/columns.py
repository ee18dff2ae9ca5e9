"""The columns of every table: type, unit and meaning. Parquet metadata and docs/tables.md are made from it.

Units: m, s and dB; ``1`` for counts, shares and ratios; ``input`` for the scaled input (docs/data.md); none for words.
"""

from typing import NamedTuple


class Column(NamedTuple):
    """Type, unit and meaning of a column. Types: ``integer``, ``number``, ``word``; ``number[3]`` is a list."""

    type: str
    unit: str
    meaning: str


ATTACK = "{attack}"
LOCALIZER = {
    "scenario": Column("word", "", "name of the scenario"),
    "model": Column("word", "", "name of the model"),
    "defence": Column("word", "", "name of the defence"),
}
SEED = {"seed": Column("integer", "", "seed of the localizer's training")}
CELL = {
    "attack": Column("word", "", "name of the attack; clean: no attack"),
    "epsilon": Column("number", "", "size of the budget; its unit depends on the column budget; 0: no attack"),
    "budget": Column("word", "", "linf or l2: norm on the scaled input; psr_db: power ratio in dB; none: no attack"),
}
SIZE = {
    "parameters": Column("integer", "1", "number of trained parameters"),
    "multiply_adds": Column("integer", "1", "multiply-adds of one position estimate"),
}
USERS = {"n_users": Column("integer", "1", "number of test users")}
TOLERANCE = {"tolerance_m": Column("number", "m", "displacement that a user tolerates; a key of the scenario")}
MOVED = "share of users whose estimate the attack moves by more than tolerance_m from the estimate without attack"
VERDICT = {
    "verdict": Column(
        "word",
        "",
        "can errors under attack be believed: OK, UNCONVERGED, PROTOCOL or MASKED; none: not attacked",
    )
}
VERDICTS = {"verdict": VERDICT["verdict"]._replace(meaning=VERDICT["verdict"].meaning + "; OK/MASKED: seeds differ")}
PSR = Column(
    "number", "dB", "power of the perturbation relative to the signal, median over users; -inf: no perturbation"
)

SEARCH = {
    "attack": CELL["attack"]._replace(meaning="name of the attack that moves the estimates"),
    "budget": Column("word", "", "linf or l2: norm on the scaled input"),
    **TOLERANCE,
    "largest_epsilon": Column("number", "input", "largest epsilon that was tried: twice the scenario's"),
    "resolution": Column("number", "input", "largest distance of a smallest epsilon from one that failed"),
}
SMALLEST = "smallest epsilon that moved the estimate by more than tolerance_m (an upper bound); inf: no tried one"

TABLES: dict[str, dict[str, Column]] = {
    "rmse": {
        **LOCALIZER,
        **SEED,
        **CELL,
        "rmse_m": Column("number", "m", "root mean square position error"),
        "rmse_low_m": Column("number", "m", "lower end of the 95 % bootstrap interval of rmse_m over users"),
        "rmse_high_m": Column("number", "m", "upper end of that interval"),
        "mean_m": Column("number", "m", "mean position error"),
        "median_m": Column("number", "m", "median position error"),
        "p90_m": Column("number", "m", "90th percentile of the position error"),
        "p95_m": Column("number", "m", "95th percentile of the position error"),
        "moved_share": Column("number", "1", MOVED),
        **TOLERANCE,
        "psr_db": PSR,
        **USERS,
        "target_rmse_m": Column("number", "m", "root mean square distance to the attack's target; empty: no target"),
        **VERDICT,
        **SIZE,
        "set_sha256": Column("word", "", "first 12 digits of the checksum of the adversarial set"),
    },
    "summary": {
        **LOCALIZER,
        **CELL,
        "seeds": Column("integer", "1", "number of seeds"),
        "rmse_mean_m": Column("number", "m", "root mean square position error, mean over seeds"),
        "rmse_std_m": Column("number", "m", "sample standard deviation of that error; empty: one seed"),
        "rmse_low_m": Column(
            "number", "m", "lower end of the 95 % interval of the mean over seeds and users; one seed: over users only"
        ),
        "rmse_high_m": Column("number", "m", "upper end of that interval"),
        "median_m": Column("number", "m", "median position error, mean over seeds"),
        "p90_m": Column("number", "m", "90th percentile of the position error, mean over seeds"),
        "moved_share": Column("number", "1", f"{MOVED}, mean over seeds"),
        **TOLERANCE,
        "psr_db": Column("number", "dB", "psr_db of rmse.csv, mean over seeds"),
        "n_users": Column("integer", "1", "number of test users of one seed; the smallest of the seeds"),
        **VERDICTS,
        **SIZE,
    },
    "leaderboard": {
        **LOCALIZER,
        **VERDICTS,
        "seeds": Column("integer", "1", "number of seeds of the errors without attack"),
        **SIZE,
        "gradients": Column(
            "number", "1", "gradients per training user, start checkpoint included, mean over seeds; empty: unknown"
        ),
        "epsilon": Column("number", "input", "budget of all attacks in the row; empty: no attack"),
        **TOLERANCE,
        "{attack}_rmse_mean_m": Column("number", "m", "root mean square position error {under}, mean over seeds"),
        "{attack}_rmse_std_m": Column("number", "m", "sample standard deviation of that error; empty: one seed"),
        "{attack}_rmse_low_m": Column(
            "number", "m", "lower end of the 95 % interval of the mean over seeds and users; one seed: over users only"
        ),
        "{attack}_rmse_high_m": Column("number", "m", "upper end of that interval"),
        "{attack}_median_m": Column("number", "m", "median position error {under}, mean over seeds"),
        "{attack}_p90_m": Column("number", "m", "90th percentile of the position error {under}, mean over seeds"),
        "{attack}_moved_share": Column("number", "1", f"{MOVED}, mean over seeds"),
        "certified_radius": Column(
            "number", "input", "L2 radius of the bound: the radius nearest to the standard deviation of the noise"
        ),
        "certified_rmse_m": Column(
            "number", "m", "upper bound of the root mean square position error within that radius, mean over seeds"
        ),
        "certified_n_users": Column("integer", "1", "number of test users of the bound; the smallest of the seeds"),
    },
    "comparisons": {
        "scenario": LOCALIZER["scenario"],
        **CELL,
        "model": LOCALIZER["model"],
        "defence": LOCALIZER["defence"],
        "control_model": Column("word", "", "name of the model of the control"),
        "control_defence": Column("word", "", "name of the defence of the control"),
        "seeds": Column("integer", "1", "number of compared seeds"),
        "over": Column(
            "word", "", "what the intervals are over: seeds and users; users (no trained weights); or users of one seed"
        ),
        **USERS,
        "rmse_mean_m": Column("number", "m", "root mean square position error of the localizer, mean over these seeds"),
        "control_rmse_mean_m": Column("number", "m", "the same of the control"),
        "rmse_difference_m": Column("number", "m", "rmse_mean_m minus control_rmse_mean_m"),
        "rmse_low_m": Column("number", "m", "lower end of the 95 % interval of that difference, of this row alone"),
        "rmse_high_m": Column("number", "m", "upper end of that interval"),
        "median_difference_m": Column("number", "m", "the same difference of median position errors"),
        "median_low_m": Column("number", "m", "lower end of its 95 % interval"),
        "median_high_m": Column("number", "m", "upper end of that interval"),
        "detectable_m": Column(
            "number", "m", "smallest difference that the row's interval shows with 80 % probability; empty: not judged"
        ),
        "p": Column("number", "1", "p-value of no difference of root mean square errors; empty: not judged"),
        "p_holm": Column("number", "1", "the same after Holm's correction for all rows; empty: not judged"),
        "finding": Column(
            "word", "", "larger or smaller than the control (p_holm below 0.05), no difference shown, or why not judged"
        ),
    },
    "verdicts": {
        **LOCALIZER,
        **SEED,
        "epsilon": Column("number", "input", "L-infinity budget of the checks"),
        "n_users": Column("integer", "1", "number of test users in the checks"),
        **VERDICT,
        "check": Column("word", "", "name of the check; C: masked gradients, P: protocol, U: convergence, R: remark"),
        "what": Column("word", "", "what the check compares"),
        "figure": Column("number", "", "value that was found, a ratio unless `what` says otherwise; empty: not asked"),
        "rule": Column("word", "", "range that was expected"),
        "passed": Column("word", "", "yes, no, or not asked"),
    },
    "convergence": {
        **LOCALIZER,
        **SEED,
        "attack": CELL["attack"]._replace(meaning="name of the attack"),
        "epsilon": Column("number", "input", "budget of the attack"),
        "rmse_m": Column("number", "m", "root mean square position error under the attack"),
        "reference_rmse_m": Column("number", "m", "the same under the reference: the attack and a longer one"),
        "rmse_share": Column("number", "1", "rmse_m divided by reference_rmse_m"),
        "median_m": Column("number", "m", "median position error under the attack"),
        "reference_median_m": Column("number", "m", "the same under the reference"),
        "median_share": Column("number", "1", "median_m divided by reference_median_m"),
        "gaining_share": Column("number", "1", "share of users whose error grows by over 2 % under the reference"),
        "evaluations": Column("integer", "1", "gradients or queries of the attack for each user"),
        "reference_evaluations": Column("integer", "1", "gradients of the longer attack for each user"),
        **USERS,
    },
    "certified": {
        **LOCALIZER,
        **SEED,
        "confidence": Column("number", "1", "probability that all bounds of a localizer hold, for all users and radii"),
        "sigma": Column("number", "input", "standard deviation of the noise"),
        "radius": Column("number", "input", "L2 radius of attacks; 0: the error of the estimate itself, not a bound"),
        "psr_db": Column("number", "dB", "largest power over the air that stays within the radius, median over users"),
        "certified_rmse_m": Column("number", "m", "upper bound of the root mean square error; inf: nothing is proven"),
        "certified_p90_m": Column("number", "m", "upper bound of the error of 90 % of users; inf: nothing is proven"),
        **USERS,
    },
    "margins": {
        **LOCALIZER,
        **SEED,
        **SEARCH,
        "p10_epsilon": Column("number", "input", "smallest epsilon that moves 10 % of users; inf: none does"),
        "median_epsilon": Column("number", "input", "smallest epsilon that moves half of the users; inf: none does"),
        "p90_epsilon": Column("number", "input", "smallest epsilon that moves 90 % of users; inf: none does"),
        "unmoved_share": Column("number", "1", "share of users whom no epsilon up to largest_epsilon moves"),
        **USERS,
    },
}  # fmt: skip


def of(table: str, names: list[str]) -> dict[str, Column]:
    """Describe the columns of a table.

    Args:
        table: key of TABLES.
        names: columns of the table. A key ``{attack}_…`` of TABLES describes one column per attack, and one of clean.

    Raises:
        KeyError: a column has no entry in TABLES.
    """
    return {name: _of_attack(name, key := entry(table, name), TABLES[table][key]) for name in names}


def entry(table: str, name: str) -> str:
    """Return the key of TABLES that describes a column: its name, or a pattern ``{attack}_…`` with the same ending."""
    for key in TABLES[table]:
        if name == key or (key.startswith(ATTACK) and name.endswith(key.removeprefix(ATTACK))):
            return key
    raise KeyError(f"columns.py: table {table} has no entry {name}")


def _of_attack(name: str, key: str, column: Column) -> Column:
    attack = name.removesuffix(key.removeprefix(ATTACK))
    return column._replace(
        meaning=column.meaning.format(under="without attack" if attack == "clean" else f"under {attack}")
    )
