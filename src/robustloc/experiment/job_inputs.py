"""What each rule reads besides outputs of other rules: its part of the configuration, its code, its files.

A function has the name of its rule and takes an experiment and the wildcards of the job; it returns exactly what the
job reads, so that an edit reruns only the jobs that read the edited part. `localizers` has the functions of localizers,
and `verdict_inputs` those of verdicts and certificates.
"""

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.experiment import default_figures, entries, grids, localizers, paths, threat_models
from robustloc.experiment.experiment import ATTACK_SET, CHECKPOINT, MARGIN, Experiment, table

# largest epsilon of a search for smallest epsilons, in units of the scenario's largest one
LARGEST_EPSILON = 2


def raw_files(run: Experiment, *, scenario: str, **_: object) -> list[str]:
    """The files that hold the paths of a scenario's base station."""
    return run.raw_files(scenario)


def trace(run: Experiment, scenario: str) -> dict:
    """Configuration of tracing an embedded scene."""
    return {"raw": scene(run, scenario), **run.sections(scenario, "base_station")}


def trace_modules(run: Experiment, scenario: str) -> list[str]:
    """Code that traces an embedded scene."""
    return ["stages.trace", f"data.scenes.{run.config['scenarios'][scenario]['raw']['scene']}"]


def scene(run: Experiment, scenario: str) -> dict:
    """The keys of a scenario's raw data that tracing reads."""
    raw = run.config["scenarios"][scenario]["raw"]
    return {key: raw[key] for key in ("scene", "rows", "max_reflections", "max_paths")}


def shard(run: Experiment, scenario: str, shard: str) -> dict:
    """Configuration of one shard of profiles."""
    return {"shard": int(shard), **_reading(run, scenario), **run.sections(scenario, "adp", "shards")}


def _reading(run: Experiment, scenario: str) -> dict:
    """The sections that choose what is read from raw files; a measured file is read whole."""
    selection = () if entries.is_measured(run.config, scenario) else ("base_station", "users")
    return run.sections(scenario, *selection, "channel")


def shard_modules(run: Experiment, scenario: str, shard: str) -> list[str]:
    """Code that computes a shard."""
    return ["stages.shard", run.format_module(scenario)]


def split(run: Experiment, scenario: str) -> dict:
    """Configuration of a data set."""
    sections = run.sections(scenario, "split", "scale", "blocked_users", "channel", "adp")
    return {"scenario": scenario, "seed": run.config["seed"], **sections}


def csi(run: Experiment, scenario: str) -> dict:
    """Configuration of channel matrices."""
    named = {"scenario": scenario, "seed": run.config["seed"], "examples": run.config["crafting"]["examples"]}
    return named | _reading(run, scenario)


def csi_modules(run: Experiment, scenario: str) -> list[str]:
    """Code that computes channel matrices."""
    return ["stages.csi", run.format_module(scenario)]


def attack(run: Experiment, *, attack: str | None = None, budget: str | None = None, **cell: object) -> dict:
    """Configuration of an adversarial set; without an attack, of the clean set.

    Raises:
        UserError: the budget is of the wrong kind for this attack.
    """
    crafting = run.config["crafting"]
    return {
        "cell": _set_names(run, attack, budget, cell),
        "seed": run.config["seed"],
        "attack": entries.entry(run.config, "attacks", attack) if attack else None,
        "batch_size": crafting["batch_size"],
        "keep_adps": bool(attack) and crafting["keep_adps"],
    }


def _set_names(run: Experiment, attack: str | None, budget: str | None, cell: dict) -> dict:
    entry = run.config["attacks"].get(attack)
    kind = "none" if not entry else "psr_db" if threat_models.is_physical(run.config, attack) else entry["norm"]
    if budget and budget.startswith("psr") != (kind == "psr_db"):
        wanted = "psr<decibels>" if kind == "psr_db" else "eps<epsilon>"
        raise UserError(f"{attack}/{budget}: expected a budget {wanted} for this attack")
    value = paths.budget_value(budget) if budget else 0.0
    return localizers.names(**cell) | {"attack": attack or "clean", "epsilon": value, "budget": kind}


def attack_modules(run: Experiment, *, attack: str | None = None, budget: str = "", **cell: object) -> list[str]:
    """Code that makes an adversarial or clean set."""
    crafted_on = [{**cell, **found} for name, found in threat_models.surrogates(run.config).items() if name == attack]
    attacks = entries.modules(run.config, "attacks", [attack] if attack else [])
    return ["stages.attack", *localizers.modules(run, cell, *crafted_on), *attacks]


def surrogate(run: Experiment, *, attack: str, budget: str, **cell: object) -> list[str]:
    """The checkpoint that an attack crafts on, if it crafts on another localizer."""
    found = threat_models.surrogates(run.config).get(attack)
    return [CHECKPOINT.format(**{**cell, **found})] if found else []


def worst(run: Experiment, *, attack: str, budget: str, **cell: object) -> dict:
    """Configuration of the set of an ensemble."""
    return {"cell": _set_names(run, attack, budget, cell)}


def member_sets(run: Experiment, *, attack: str, **cell: object) -> list[str]:
    """The sets of an ensemble's members."""
    return [ATTACK_SET.format(**cell, attack=member) for member in run.members[attack]]


def bisect(run: Experiment, **cell: object) -> dict:
    """Configuration of a search for smallest epsilons.

    Raises:
        UserError: no attack is configured.
    """
    section, scenario = run.config["margins"], run.config["scenarios"][cell["scenario"]]
    if "attack" not in section:
        raise UserError("margins.attack: missing; name the attack of the search, as in attack: directions")
    return {
        "cell": localizers.names(**cell) | {"attack": section["attack"]},
        "seed": run.config["seed"],
        "attack": entries.entry(run.config, "attacks", section["attack"]),
        "users": section["users"],
        "search": {
            "tolerance_m": scenario["tolerance_m"],
            "largest_epsilon": LARGEST_EPSILON * max(scenario["epsilons"]),
            "bisections": section["bisections"],
        },
    }


def bisect_modules(run: Experiment, **cell: object) -> list[str]:
    """Code that searches smallest epsilons."""
    return ["stages.bisect", *localizers.modules(run, cell), f"attacks.{bisect(run, **cell)['attack']['plugin']}"]


def bisected(run: Experiment) -> dict:
    """Configuration of the table of smallest epsilons: nothing, but it must have a row.

    Raises:
        UserError: no localizer is attacked.
    """
    if not run.margins():
        raise UserError("grids: expected attacks, found none; only attacked localizers have margins, so add an attack")
    return {}


def summarise(run: Experiment) -> dict:
    """Configuration of the tables of all cells; the stage derives the sets from it, too many for a command line."""
    attacks = {place: {name for other, name in run.attacks if other == place} for place in run.scenarios}
    budgets = {
        which: {place: {name: run.budgets[which][place][name] for name in attacks[place]} for place in run.scenarios}
        for which in {grid.get("epsilons", "all") for grid in run.grids}
    }
    tolerances = {place: run.config["scenarios"][place]["tolerance_m"] for place in run.scenarios}
    return {"grids": grids.canonical(run.grids), "budgets": budgets, "tolerances_m": tolerances}


def layout(run: Experiment) -> dict:
    """Configuration of the tables for people."""
    figures = run.config["figures"]
    return {"matrices": [one for one in figures if plugins.constant("figures", one["kind"], "SECTION") == "matrices"]}


def leaderboard(run: Experiment) -> dict:
    """Configuration of the leaderboard."""
    made = sorted(([cell, localizers.trainings(run, cell)] for cell in run.localizers), key=str)
    epsilons = {name: threat_models.compared_epsilon(run.config, name) for name in run.scenarios}
    return {"epsilons": epsilons, "localizers": made}


def trainings(run: Experiment) -> list[str]:
    """The logs of all trainings that make the localizers."""
    return sorted({f"<results>/{file}" for cell in run.localizers for file in localizers.trainings(run, cell)})


def compare(run: Experiment) -> dict:
    """Configuration of the comparisons; the stage derives the sets from it.

    Raises:
        UserError: there are none.
    """
    if not run.comparisons:
        raise UserError("comparisons: expected pairs of localizers, found none; add an entry")
    return {"comparisons": run.comparisons}


def figure(run: Experiment, figure: str) -> dict:
    """Configuration of a figure."""
    return {"figure": run.figures[figure]}


def figure_modules(run: Experiment, figure: str) -> list[str]:
    """Code that draws a figure."""
    return ["stages.figure", f"figures.{run.figures[figure]['kind']}"]


def figure_files(run: Experiment, figure: str) -> dict[str, list[str] | str]:
    """The files that a figure is drawn from, by argument of its stage."""
    shown = run.figures[figure]
    reads = plugins.constant("figures", shown["kind"], "READS")
    if reads == "margins":  # one file per localizer
        names = {"scenario": [shown["scenario"]], "model": shown["models"], "defence": shown["defences"]}
        own = [cell for cell in run.localizers if all(cell[axis] in names[axis] for axis in names)]
        return {"table": [MARGIN.format(**cell) for cell in own], "manifest": [], "test": [], "sets": []}
    if reads != "sets":
        return {"table": table(reads)[0], "manifest": [], "test": [], "sets": []}
    computed = [*run.localizers, *grids.attacked(run.grids, run.budgets)]
    place = f"<results>/{shown['scenario']}"
    sets = [f"<results>/{file}" for file in default_figures.sets(shown, computed)]
    return {"table": [], "manifest": f"{place}/manifest.json", "test": f"{place}/test.parquet", "sets": sets}


def carrier_hz(run: Experiment, scenario: str) -> float | None:
    """Carrier frequency of an embedded scene [Hz]; None for files, which contain the frequency if it is known."""
    if not entries.is_embedded(run.config, scenario):
        return None
    return plugins.load("data.scenes", run.config["scenarios"][scenario]["raw"]["scene"]).scene().carrier_hz
