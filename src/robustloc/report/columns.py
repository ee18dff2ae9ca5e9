"""What the columns of every table mean: type, unit, meaning. The one source of files' metadata and of docs/tables.md.

Units: m, s, dB; 1 of counts, shares and ratios; input: that of the scaled input (docs/conventions.md); none of words.
"""

from typing import NamedTuple


class Column(NamedTuple):
    """A column: its type (``integer``, ``number``, ``word``; ``number[3]``: lists of three), its unit, its meaning."""

    type: str
    unit: str
    meaning: str


ATTACK = "{attack}"
LOCALIZER = {
    "scenario": Column("word", "", "name of the scenario"),
    "model": Column("word", "", "name of the model"),
    "defence": Column("word", "", "name of the defence"),
}
SEED = {"seed": Column("integer", "", "seed that the localizer was trained with")}
CELL = {
    "attack": Column("word", "", "name of the attack; clean: none"),
    "epsilon": Column("number", "", "size of the budget, in the unit that budget implies; 0 without attack"),
    "budget": Column("word", "", "linf or l2: norm on the scaled input; psr_db: epsilon is a power ratio in dB; none"),
}
SIZE = {
    "parameters": Column("integer", "1", "numbers that training sets"),
    "multiply_adds": Column("integer", "1", "multiply-adds of one position estimate"),
}
USERS = {"n_users": Column("integer", "1", "test users that the row sums up")}
VERDICT = {
    "verdict": Column("word", "", "may errors under attack be believed: OK, WARN, PROTOCOL, MASKED; none: not attacked")
}
VERDICTS = {"verdict": VERDICT["verdict"]._replace(meaning=VERDICT["verdict"].meaning + "; OK/WARN where seeds differ")}
PSR = Column("number", "dB", "power of the perturbation relative to the signal's, median over users; -inf without one")

TABLES: dict[str, dict[str, Column]] = {
    "rmse": {
        **LOCALIZER,
        **SEED,
        **CELL,
        "rmse_m": Column("number", "m", "root mean square position error"),
        "rmse_low_m": Column("number", "m", "lower end of its 95 % bootstrap interval over users"),
        "rmse_high_m": Column("number", "m", "upper end of that interval"),
        "mean_m": Column("number", "m", "mean position error"),
        "median_m": Column("number", "m", "median position error"),
        "p90_m": Column("number", "m", "90th percentile of the position error"),
        "p95_m": Column("number", "m", "95th percentile of the position error"),
        "psr_db": PSR,
        **USERS,
        "target_rmse_m": Column("number", "m", "root mean square distance to the attack's target; empty without one"),
        **VERDICT,
        **SIZE,
        "set_sha256": Column("word", "", "first 12 digits of the checksum of the adversarial set that the row sums up"),
    },
    "summary": {
        **LOCALIZER,
        **CELL,
        "seeds": Column("integer", "1", "seeds that the row sums up"),
        "rmse_mean_m": Column("number", "m", "mean over seeds of the root mean square position error"),
        "rmse_std_m": Column("number", "m", "its sample standard deviation over seeds; empty for one seed"),
        "rmse_low_m": Column("number", "m", "lower end of the mean's 95 % bootstrap interval over users"),
        "rmse_high_m": Column("number", "m", "upper end of that interval"),
        "median_m": Column("number", "m", "mean over seeds of the median position error"),
        "p90_m": Column("number", "m", "mean over seeds of the 90th percentile of the position error"),
        "psr_db": PSR._replace(meaning=f"mean over seeds of: {PSR.meaning}"),
        "n_users": Column("integer", "1", "test users of a seed, of the seed that has fewest"),
        **VERDICTS,
        **SIZE,
    },
    "leaderboard": {
        **LOCALIZER,
        **VERDICTS,
        "seeds": Column("integer", "1", "seeds of the errors without attack"),
        **SIZE,
        "training_s": Column(
            "number", "s", "wall time of training and of what it starts from, mean over seeds; empty where unknown"
        ),
        "epsilon": Column("number", "input", "budget of all attacks of the row; empty if none was run"),
        "{attack}_rmse_mean_m": Column("number", "m", "mean over seeds of the root mean square position error {under}"),
        "{attack}_rmse_std_m": Column("number", "m", "its sample standard deviation over seeds; empty for one seed"),
        "{attack}_rmse_low_m": Column("number", "m", "lower end of the mean's 95 % bootstrap interval over users"),
        "{attack}_rmse_high_m": Column("number", "m", "upper end of that interval"),
        "certified_radius": Column(
            "number", "input", "L2 radius that the certificate holds for: the one nearest to the noise's deviation"
        ),
        "certified_rmse_m": Column(
            "number", "m", "bound, mean over seeds, on the root mean square error under every attack within that radius"
        ),
        "certified_n_users": Column("integer", "1", "test users that the bound is of, of the seed that has fewest"),
    },
    "verdicts": {
        **LOCALIZER,
        **SEED,
        "epsilon": Column("number", "input", "L-infinity budget of the checks"),
        "n_users": Column("integer", "1", "test users that the checks look at"),
        **VERDICT,
        "check": Column("word", "", "name of the check: C of masking, P of protocol, W of warnings"),
        "what": Column("word", "", "what the check compares"),
        "figure": Column("number", "", "what was found, a ratio unless `what` says otherwise; empty: not asked"),
        "rule": Column("word", "", "what was expected"),
        "passed": Column("word", "", "yes, no, or not asked"),
    },
    "certified": {
        **LOCALIZER,
        **SEED,
        "confidence": Column("number", "1", "probability that a bound holds, of each user and radius"),
        "sigma": Column("number", "input", "standard deviation of the noise"),
        "radius": Column("number", "input", "L2 radius of attacks; 0: no bound but the estimate's own error"),
        "psr_db": Column("number", "dB", "power over the air that stays within the radius, median over users"),
        "certified_rmse_m": Column("number", "m", "bound on the root mean square error; inf: nothing is proven"),
        "certified_p90_m": Column("number", "m", "bound on the error of 90 % of users; inf: nothing is proven"),
        **USERS,
    },
}  # fmt: skip


PLACE = Column("number[3]", "m", "true position")
USER = Column("integer", "", "index of the user in the scenario's order")
SHARD = {
    "user": USER,
    "row": Column("integer", "", "row of the user grid, from 1"),
    "position": PLACE,
    "line_of_sight": Column("integer", "", "1: yes, 0: no, -1: no path at all, -2: not recorded (DeepMIMO v1)"),
    "count": Column("integer", "1", "paths that the profile is made of"),
    "adp": Column("number[angle bins x delay bins]", "", "linear profile, row by row"),
}
PART = Column("integer", "", "0: train, 1: validation, 2: test, 3: unused")
RMSE = Column("number", "m", "root mean square position error")

# Files beside the tables, in the folders of scenarios and localizers.
FILES: dict[str, dict[str, Column]] = {
    "adp/shard-<i>.parquet": SHARD,
    "test.parquet": SHARD,
    "split.parquet": {"user": USER, "part": PART},
    "csi.parquet": {
        "user": USER,
        "part": PART,
        "position": PLACE,
        "csi": Column(
            "number[2 x antennas x subcarriers]", "", "channel matrix, row by row, real and imaginary in turn"
        ),
    },
    "clean.parquet, <attack>/<budget>.parquet": {
        "user": USER,
        "position": PLACE,
        "clean_prediction": Column("number[3]", "m", "estimate without attack"),
        "prediction": Column("number[3]", "m", "estimate under attack"),
        "clean_error_m": Column("number", "m", "distance of the estimate without attack from the true position"),
        "error_m": Column("number", "m", "distance of the estimate under attack from the true position"),
        "linf": Column("number", "input", "largest change of a pixel"),
        "l2": Column("number", "input", "root of the sum of squared changes"),
        "psr_db": PSR._replace(meaning="power of the perturbation relative to the signal's; -inf without one"),
        "target": Column("number[3]", "m", "where the attack draws the estimate; only if it has a target"),
        "target_m": Column("number", "m", "distance of the estimate from it"),
        "adp": Column(
            "number[angle bins x delay bins]", "input", "the perturbed input, unless crafting.keep_adps is off"
        ),
        "attack": Column("word", "", "which member of an ensemble it was; of ensembles alone"),
    },
    "training.csv": {
        "epoch": Column("integer", "", "from 0"),
        "training_loss": Column("number", "", "what the defence minimises, on positions over their spread"),
        "validation_loss": Column("number", "", "the same of validation users"),
        "validation_rmse_m": RMSE._replace(meaning="root mean square position error of clean validation users"),
    },
    "certificate.csv": TABLES["certified"],
    "transfer-seed<n>.csv": {
        "source_model": LOCALIZER["model"]._replace(meaning="model that the examples were crafted on"),
        "source_defence": LOCALIZER["defence"]._replace(meaning="its defence"),
        "model": LOCALIZER["model"]._replace(meaning="model that was given them"),
        "defence": LOCALIZER["defence"]._replace(meaning="its defence"),
        "rmse_m": RMSE,
    },
}


def of(table: str, names: list[str]) -> dict[str, Column]:
    """Describe the columns of a table that was made.

    Args:
        table: which one, a key of TABLES.
        names: its columns; ``{attack}_…`` in TABLES stands for one of every attack, and of clean.

    Raises:
        KeyError: a column has no entry.
    """
    return {name: _of_attack(name, key := entry(table, name), TABLES[table][key]) for name in names}


def entry(table: str, name: str) -> str:
    """Return the key in TABLES that describes a column: its name, or a pattern with the same ending."""
    for key in TABLES[table]:
        if name == key or (key.startswith(ATTACK) and name.endswith(key.removeprefix(ATTACK))):
            return key
    raise KeyError(f"columns.py: table {table} has no entry {name}")


def _of_attack(name: str, key: str, column: Column) -> Column:
    attack = name.removesuffix(key.removeprefix(ATTACK))
    return column._replace(
        meaning=column.meaning.format(under="without attack" if attack == "clean" else f"under {attack}")
    )
