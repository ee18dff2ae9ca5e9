"""The experiment's configuration, checked as a whole before any job."""

import sys
from functools import partial
from itertools import product

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.experiment import comparisons, places, schema, threat_models
from robustloc.experiment.entries import WORKFLOW_KEYS, certifies, check_entry, origin, training_budget
from robustloc.experiment.grids import attacked, expanded, localizers, trained
from robustloc.experiment.paths import budget_tag

# other folders of the results; a scenario must not have their names
RESERVED = {"tables", "figures", "logs", "experiments"}
# keys that a scenario of measured channel matrices does not have: its file says all of it
MEASURED = ("base_station", "users", "channel")
LARGEST = sys.float_info.max
# violations that one message lists
SHOWN = 5


def check(config: dict, rules: dict) -> None:
    """Fill in defaults and expand paths, in place; check types, ranges and every name that refers to another entry.

    Raises:
        UserError: names the key, what was found and what is valid.
    """
    _check_finite(config)
    measured = _measured(config)
    schema.fill_defaults(config, rules, rules)
    for scenario in measured:  # the file replaces these defaults
        for key in MEASURED:
            scenario.pop(key, None)
        scenario["raw"] = {"csi": scenario["raw"]["csi"]}
    if found := schema.violations(config, rules):
        raise UserError("\n".join(found[:SHOWN] + [f"… and {len(found) - SHOWN} more"] * (len(found) > SHOWN)))
    places.expand(config)
    for name, model in config["models"].items():
        _check_weights(name, model, config)
    for kind in WORKFLOW_KEYS:
        for name in config[kind]:
            if not config[kind][name].keys() & {"members", "file"}:
                check_entry(config, kind, name)
    for name, scenario in config["scenarios"].items():
        if name in RESERVED:
            raise UserError(
                f"scenarios.{name}: this name is reserved for another folder of the results; choose another name"
            )
        if scene := scenario["raw"].get("scene"):
            schema.known(f"scenarios.{name}.raw.scene", [scene], plugins.names("data.scenes"))
        if scenario["split"]["validation"] + scenario["split"]["test"] >= 1:
            raise UserError(
                f"scenarios.{name}.split: validation and test leave no users for training; their sum must be below 1"
            )
    for name, defence in config["defences"].items():
        schema.known(f"defences.{name}.attacks", defence.get("attacks", []), config["attacks"])
        _check_start(name, config["defences"])
    for index, grid in enumerate(config["grids"]):
        for axis in ("scenarios", "models", "defences", "attacks"):
            schema.known(f"grids[{index}].{axis}", grid[axis], config[axis])
    threat_models.check(config)
    _check_trained(config)
    _check_figures(config)
    comparisons.compared(config)


def _check_finite(value: object, place: str = "") -> None:
    """Refuse NaN, infinity and whole numbers that a float cannot hold: a range in the schema does not catch them."""
    if isinstance(value, int | float) and not -LARGEST <= value <= LARGEST:
        raise UserError(f"{place}: expected a finite number, found {schema.shown(value)}")
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        _check_finite(inner, f"{place}[{key}]" if isinstance(value, list) else f"{place}.{key}".lstrip("."))


def _measured(config: dict) -> list[dict]:
    """Return the measured scenarios; runs before the schema, which would fill in the keys that they must not have."""
    scenarios = config.get("scenarios")
    found = {}
    for name, scenario in scenarios.items() if isinstance(scenarios, dict) else ():
        raw = scenario.get("raw") if isinstance(scenario, dict) else None
        if not isinstance(raw, dict) or "csi" not in raw:
            continue
        if more := sorted(str(key) for key in raw if key != "csi"):
            raise UserError(
                f"scenarios.{name}.raw: expected csi alone, found also {', '.join(more)}; give the measured file a "
                "scenario of its own, with a name that config.yaml does not have"
            )
        for key in MEASURED:
            if key in scenario:
                raise UserError(
                    f"scenarios.{name}.{key}: expected no such key beside raw.csi, whose file has the wanted users, "
                    f"their array and their bandwidth; remove {key}"
                )
        found[name] = scenario
    return list(found.values())


def _check_start(name: str, defences: dict) -> None:
    seen = [name]
    while start := defences[seen[-1]].get("start"):
        schema.known(f"defences.{seen[-1]}.start", [start], defences)
        if start in seen:
            raise UserError(f"defences.{name}.start: a circle, {' -> '.join([*seen, start])}")
        seen.append(start)


def _check_weights(name: str, model: dict, config: dict) -> None:
    """Weights must come from a trained entry of the same plugin; whether they fit shows when they are loaded."""
    if "file" in model and len(model) > 1:
        others = ", ".join(sorted(model.keys() - {"file"}))
        raise UserError(f"models.{name}: a network from a file has no other keys; remove {others} beside file")
    if "weights" not in model:
        return
    schema.known(f"models.{name}.weights", [model["weights"]], config["models"])
    other = config["models"][model["weights"]]
    if "file" in other:
        raise UserError(
            f"models.{name}.weights: {model['weights']} comes from a file; name a model that this experiment trains"
        )
    if "weights" in other or model.get("plugin", name) != other.get("plugin", model["weights"]):
        raise UserError(f"models.{name}.weights: {model['weights']} must be a trained model of the same plugin")


def _check_trained(config: dict) -> None:
    """Each trained localizer has the epsilon that it needs; each network from a file has a file for each seed."""
    grids, seeds = expanded(config["grids"], threat_models.members(config)), {}
    for cell in trained(grids, partial(origin, config), threat_models.surrogates(config)):
        scenario, defence, model = cell["scenario"], cell["defence"], cell["model"]
        key = training_budget(config, defence)
        if key and key not in config["scenarios"][scenario]:
            raise UserError(
                f"scenarios.{scenario}.{key}: missing; defence {defence!r} needs the largest budget that it may use; "
                "add this key"
            )
        seeds.setdefault(model, set()).add(cell["seed"])
        if len(seeds[model]) > 1 and "{seed}" not in config["models"][model].get("file", "{seed}"):
            raise UserError(
                f"models.{model}.file: one file for the seeds {', '.join(map(str, sorted(seeds[model])))}; "
                "use a grid with one seed, or write {seed} into the path"
            )


def _check_figures(config: dict) -> None:
    """Figures may show only cells that the grids compute."""
    grids = expanded(config["grids"], threat_models.members(config))
    computed = [*localizers(grids), *attacked(grids, threat_models.budgets(config))]
    names = [figure["name"] for figure in config["figures"]]
    for figure in config["figures"]:
        if names.count(figure["name"]) > 1:
            raise UserError(f"figures: two figures have the name {figure['name']!r}; names must be unique")
        _check_figure(config, figure, computed)


def _check_figure(config: dict, figure: dict, computed: list[dict]) -> None:
    place, axes = f"figures.{figure['name']}", ("scenario", "model", "defence", "attack")
    constant = partial(plugins.constant, "figures", figure["kind"])
    # a figure names one entry of an axis, several, or none
    named = {axis: figure.get(f"{axis}s", [figure[axis]] if axis in figure else []) for axis in axes}
    named = {axis: names for axis, names in named.items() if names}
    for axis, names in named.items():
        schema.known(f"{place}.{axis}", names, config[f"{axis}s"])
    if "adp" in constant("COLUMNS", ()) and not config["crafting"]["keep_adps"]:
        raise UserError(f"{place}: shows an adversarial ADP, which sets do not keep; set crafting.keep_adps to true")
    physical = [attack for attack in named.get("attack", []) if threat_models.is_physical(config, attack)]
    if physical and "epsilon" in figure:
        raise UserError(
            f"{place}: figures of kind {figure['kind']} need attacks with an epsilon; {physical[0]} has none"
        )
    if constant("ONE_BUDGET", False) and physical and len(physical) < len(named["attack"]):
        raise UserError(f"{place}: epsilons and decibels cannot share an axis; draw two figures, or one of kind power")
    for defence in named["defence"] if constant("READS") == "certified" else []:
        if not certifies(config, defence):
            raise UserError(
                f"{place}: expected defences that can be certified, found {defence}; its plugin does not set CERTIFIES"
            )
    exact = {"seed": figure["seed"]} if "seed" in figure else {}
    exact |= {"budget": budget_tag("eps", figure["epsilon"])} if "epsilon" in figure else {}
    for names in product(*named.values()):
        wanted = dict(zip(named, names, strict=True)) | exact
        if not any(wanted.items() <= cell.items() for cell in computed):
            missing = ", ".join(f"{key} {value}" for key, value in wanted.items())
            raise UserError(
                f"{place}: no grid computes {missing}; add it to grids, change the figure, or write figures: []"
            )
