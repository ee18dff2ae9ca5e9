"""What each rule reads besides outputs of other rules: its part of the configuration, its code, its files.

A function has the name of its rule and takes an experiment and the wildcards of the job; it returns exactly what the
job reads, so that an edit reruns only the jobs that read the edited part. `localizers` has the functions of localizers.
"""

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.experiment import default_figures, entries, grids, localizers, paths, threat_models
from robustloc.experiment.experiment import ATTACK_SET, CHECKPOINT, Experiment, table


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


def examine(run: Experiment, **cell: object) -> dict:
    """Configuration of an examination."""
    return {"model": localizers.bare_network(run, **cell)["plugin"], **_examining(run, cell["scenario"])}


def examine_modules(run: Experiment, **cell: object) -> list[str]:
    """Code that examines a localizer."""
    return ["stages.examine", *localizers.modules(run, cell)]


def examined_sets(run: Experiment, kind: str, **cell: object) -> list[str]:
    """The sets, at the reference epsilon, of the examination's attacks of a kind: ``gradients`` or ``others``."""
    return [_reference_set(run, attack, **cell) for attack in run.config["verdict"][kind]]


def _reference_set(run: Experiment, attack: str, *, scenario: str, **cell: object) -> str:
    budget = paths.budget_tag("eps", threat_models.reference_epsilon(run.config, scenario))
    return ATTACK_SET.format(scenario=scenario, **cell, attack=attack, budget=budget)


def _examining(run: Experiment, scenario: str) -> dict:
    return {
        "epsilon": threat_models.reference_epsilon(run.config, scenario),
        "users": run.config["verdict"]["users"],
    }


def converge(run: Experiment, **cell: object) -> dict:
    """Configuration of the comparison with a longer attack."""
    section, crafting = run.config["convergence"], run.config["crafting"]
    attack, epsilon = section["attack"], threat_models.reference_epsilon(run.config, cell["scenario"])
    return {
        "cell": localizers.names(**cell) | {"attack": attack, "epsilon": epsilon},
        "norm": run.config["attacks"][attack]["norm"],
        "seed": run.config["seed"],
        "batch_size": crafting["batch_size"],
        **{key: section[key] for key in ("users", "times")},
    }


def converge_modules(run: Experiment, **cell: object) -> list[str]:
    """Code that attacks a localizer for longer."""
    return ["stages.converge", *localizers.modules(run, cell)]


def converged_set(run: Experiment, **cell: object) -> str:
    """The set of the attack that is compared with a longer one."""
    return _reference_set(run, run.config["convergence"]["attack"], **cell)


def transferred(run: Experiment, scenario: str, seed: str) -> list[dict]:
    """The localizers of a scenario and seed that have a verdict."""
    return [cell for cell in run.judged if cell["scenario"] == scenario and cell["seed"] == int(seed)]


def transfer_checkpoints(run: Experiment, scenario: str, seed: str) -> list[str]:
    """The checkpoints of these localizers."""
    return [CHECKPOINT.format(**cell) for cell in transferred(run, scenario, seed)]


def transfer(run: Experiment, scenario: str, seed: str) -> dict:
    """Configuration of the transfer table: every localizer under the examples of the others."""
    found = transferred(run, scenario, seed)
    return {"localizers": sorted(list(cell.values()) for cell in found), **_examining(run, scenario)}


def transfer_modules(run: Experiment, scenario: str, seed: str) -> list[str]:
    """Code that makes the transfer table."""
    return ["stages.transfer", *localizers.modules(run, *transferred(run, scenario, seed))]


def judge(run: Experiment) -> dict:
    """Configuration of the verdicts."""
    cells, limits = sorted(run.judged, key=str), run.config["verdict"]["limits"]
    return {"localizers": cells, "converged": [cell for cell in cells if cell in run.converged], "limits": limits}


def certify(run: Experiment, **cell: object) -> dict:
    """Configuration of a certificate."""
    return {"cell": localizers.names(**cell), "seed": run.config["seed"], **run.config["certificates"]}


def certify_modules(run: Experiment, **cell: object) -> list[str]:
    """Code that certifies a localizer."""
    return ["stages.certify", *localizers.modules(run, cell)]


def summarise(run: Experiment) -> dict:
    """Configuration of the tables of all cells; the stage derives the sets from it, too many for a command line."""
    attacks = {place: {name for other, name in run.attacks if other == place} for place in run.scenarios}
    budgets = {
        which: {place: {name: run.budgets[which][place][name] for name in attacks[place]} for place in run.scenarios}
        for which in {grid["epsilons"] for grid in run.grids}
    }
    return {"grids": grids.canonical(run.grids), "budgets": budgets}


def layout(run: Experiment) -> dict:
    """Configuration of the tables for people."""
    figures = run.config["figures"]
    return {"matrices": [one for one in figures if plugins.constant("figures", one["kind"], "SECTION") == "matrices"]}


def leaderboard(run: Experiment) -> dict:
    """Configuration of the leaderboard."""
    lineages = sorted(([cell, localizers.lineage(run, cell)] for cell in run.localizers), key=str)
    epsilons = {name: threat_models.compared_epsilon(run.config, name) for name in run.scenarios}
    return {"epsilons": epsilons, "localizers": lineages}


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
