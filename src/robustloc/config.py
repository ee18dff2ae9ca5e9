"""The experiment's configuration, checked as a whole before any job."""

import ast
import math
from functools import partial
from itertools import product

from robustloc import cells, plugins, schema, threats
from robustloc.errors import UserError

# keys of a library entry that belong to the workflow; the others are parameters of the plugin
WORKFLOW_KEYS = {
    "models": {"plugin", "weights", "file"},
    "attacks": {"plugin", "norm", "domain", "bearing_deg", "target", "surrogate", "members"},
    "defences": {"plugin", "start", "training", "attacks"},
}
# keyword-only parameters of the entry functions that the workflow itself fills in
PROVIDED = {"models": set(), "attacks": {"eps", "norm", "generators", "examples"}, "defences": {"attacks"}}
SIMPLE_TYPES = {"int": int, "float": (int, float), "bool": bool, "str": str, "None": type(None)}
# folders of the results beside those of the scenarios
RESERVED = {"tables", "figures", "logs"}
# violations that are told at once
SHOWN = 5


def check(config: dict, rules: dict) -> None:
    """Fill in the schema's defaults, in place, and check types, ranges and every name that refers to another entry.

    Raises:
        UserError: names the key, what was found and what is valid.
    """
    _check_finite(config)
    schema.fill_defaults(config, rules, rules)
    if found := schema.violations(config, rules):
        raise UserError("\n".join(found[:SHOWN] + [f"… and {len(found) - SHOWN} more"] * (len(found) > SHOWN)))
    for name, model in config["models"].items():
        _check_weights(name, model, config)
    for kind in WORKFLOW_KEYS:
        for name in config[kind]:
            if not config[kind][name].keys() & {"members", "file"}:
                _check_entry(config, kind, name)
    for name, scenario in config["scenarios"].items():
        if name in RESERVED:
            raise UserError(f"scenarios.{name}: this folder of the results is for something else; choose another name")
        if scene := scenario["raw"].get("scene"):
            schema.known(f"scenarios.{name}.raw.scene", [scene], plugins.names("scenes"))
        if scenario["split"]["validation"] + scenario["split"]["test"] >= 1:
            raise UserError(f"scenarios.{name}.split: validation and test leave no share of the users to train on")
    for name, defence in config["defences"].items():
        schema.known(f"defences.{name}.attacks", defence.get("attacks", []), config["attacks"])
        _check_start(name, config["defences"])
    for index, grid in enumerate(config["grids"]):
        for axis in ("scenarios", "models", "defences", "attacks"):
            schema.known(f"grids[{index}].{axis}", grid[axis], config[axis])
    threats.check(config)
    _check_trained(config)
    _check_figures(config)


def entry(config: dict, kind: str, name: str) -> dict:
    """Return what a job needs of a library entry: its plugin, the plugin's parameters, and what else attacks have."""
    found = config[kind][name]
    # what a model takes weights from, it is like but for its own parameters
    given = config[kind][found["weights"]] | found if "weights" in found else found
    own = {key: value for key, value in given.items() if key not in WORKFLOW_KEYS[kind]}
    more = {key: found[key] for key in found if kind == "attacks" and key in WORKFLOW_KEYS[kind]}
    return more | {"plugin": found.get("plugin", name), "parameters": own}


def model_file(config: dict, model: str, scenario: str, seed: int | str) -> str:
    """Return the file that a model of other origin is taken from."""
    return config["models"][model]["file"].replace("{scenario}", scenario).replace("{seed}", str(seed))


def is_embedded(config: dict, scenario: str) -> bool:
    """Say whether a scenario is traced here and not read from a folder."""
    raw = config["scenarios"][scenario]["raw"]
    return "folder" not in raw or ("scene" in raw and config["source"] == "embedded")


def origin(config: dict, model: str, defence: str) -> dict[str, str] | None:
    """Return model and defence of the checkpoint that a localizer's training starts from, if it does."""
    if weights := config["models"][model].get("weights"):
        return {"model": weights, "defence": defence}
    start = config["defences"][defence].get("start")
    trains = needs_epsilon(config, defence) or "training" in config["defences"][defence]
    if "file" in config["models"][model] and not start and trains:
        raise UserError(
            f"models.{model}: a network from a file has no training from new weights; set defences.{defence}.start, "
            "as in start: none"
        )
    return {"model": model, "defence": start} if start else None


def needs_epsilon(config: dict, defence: str) -> bool:
    """Say whether training under a defence reads the scenario's largest training epsilon."""
    return entry(config, "defences", defence)["plugin"] != "none"


def _check_entry(config: dict, kind: str, name: str) -> None:
    """Hold an entry's parameters against the signature of its plugin."""
    found = entry(config, kind, name)
    if found["plugin"] not in plugins.names(kind):
        raise UserError(f"{kind}.{name}.plugin: {schema.unknown(found['plugin'], plugins.names(kind))}")
    options = plugins.options(kind, found["plugin"])
    valid = [option for option in options if option not in PROVIDED[kind]]
    for key, value in found["parameters"].items():
        if key not in valid:
            raise UserError(f"{kind}.{name}.{key}: {schema.unknown(key, [*valid, *WORKFLOW_KEYS[kind]])}")
        if not _fits(value, options[key].annotation):
            wanted = options[key].annotation.removeprefix("Literal")
            raise UserError(f"{kind}.{name}.{key}: expected {wanted}, found {value!r}{schema.hint(value)}")
    if kind == "defences" and ("attacks" in options) != ("attacks" in config[kind][name]):
        crafts = "needs some" if "attacks" in options else "crafts with none"
        raise UserError(f"{kind}.{name}.attacks: the plugin {found['plugin']} {crafts}")
    missing = [key for key in valid if options[key].required and key not in found["parameters"]]
    if missing:
        raise UserError(f"{kind}.{name}: missing {', '.join(missing)}; the plugin {found['plugin']} has no default")


def _fits(value: object, annotation: str) -> bool:
    """Say whether a value may be meant for a parameter; only plain types and choices are looked at."""
    if annotation.startswith("Literal["):
        return value in ast.literal_eval(annotation.removeprefix("Literal"))
    kinds = annotation.split(" | ")
    if isinstance(value, bool):  # which is an int to Python, and not to people
        return "bool" in kinds or not SIMPLE_TYPES.keys() & set(kinds)
    return any(isinstance(value, SIMPLE_TYPES.get(kind, object)) for kind in kinds)


def _check_finite(value: object, place: str = "") -> None:
    """YAML can write .nan and .inf, and a range in the schema does not catch the one or the other."""
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{place}: expected a finite number, found {value}")
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        _check_finite(inner, f"{place}[{key}]" if isinstance(value, list) else f"{place}.{key}".lstrip("."))


def _check_start(name: str, defences: dict) -> None:
    seen = [name]
    while start := defences[seen[-1]].get("start"):
        schema.known(f"defences.{seen[-1]}.start", [start], defences)
        if start in seen:
            raise UserError(f"defences.{name}.start: a circle, {' -> '.join([*seen, start])}")
        seen.append(start)


def _check_weights(name: str, model: dict, config: dict) -> None:
    """Weights are those of a trained entry of the same plugin; whether they fit shows when they are loaded."""
    if "file" in model and len(model) > 1:
        others = ", ".join(sorted(model.keys() - {"file"}))
        raise UserError(f"models.{name}: a network from a file is taken as it is; remove {others} beside file")
    if "weights" not in model:
        return
    schema.known(f"models.{name}.weights", [model["weights"]], config["models"])
    other = config["models"][model["weights"]]
    if "file" in other:
        raise UserError(f"models.{name}.weights: {model['weights']} is a file; name an entry that is trained here")
    if "weights" in other or model.get("plugin", name) != other.get("plugin", model["weights"]):
        raise UserError(f"models.{name}.weights: {model['weights']} must be trained itself, and of the same plugin")


def _check_trained(config: dict) -> None:
    """Whatever is trained has an epsilon if it needs one, and whatever is read from a file a file for each seed."""
    grids, seeds = cells.expanded(config["grids"], threats.members(config)), {}
    for cell in cells.trained(grids, partial(origin, config), threats.surrogates(config)):
        scenario, defence, model = cell["scenario"], cell["defence"], cell["model"]
        if needs_epsilon(config, defence) and "training_epsilon" not in config["scenarios"][scenario]:
            raise UserError(
                f"scenarios.{scenario}.training_epsilon: missing; defence {defence!r} needs the largest epsilon that "
                "it may use"
            )
        seeds.setdefault(model, set()).add(cell["seed"])
        if len(seeds[model]) > 1 and "{seed}" not in config["models"][model].get("file", "{seed}"):
            raise UserError(
                f"models.{model}.file: the same network for the seeds {', '.join(map(str, sorted(seeds[model])))}; "
                "name it in a grid with one seed, or write {seed} into the path"
            )


def _check_figures(config: dict) -> None:
    """Figures may show only what the grids compute."""
    grids = cells.expanded(config["grids"], threats.members(config))
    computed = [*cells.localizers(grids), *cells.attacked(grids, threats.budgets(config))]
    names = [figure["name"] for figure in config["figures"]]
    for figure in config["figures"]:
        if names.count(figure["name"]) > 1:
            raise UserError(f"figures: two are named {figure['name']!r}; give each a name of its own")
        _check_figure(config, figure, computed)


def _check_figure(config: dict, figure: dict, computed: list[dict]) -> None:
    place, axes = f"figures.{figure['name']}", ("scenario", "model", "defence", "attack")
    # a figure names one of an axis, several, or none
    named = {axis: figure.get(f"{axis}s", [figure[axis]] if axis in figure else []) for axis in axes}
    named = {axis: names for axis, names in named.items() if names}
    for axis, names in named.items():
        schema.known(f"{place}.{axis}", names, config[f"{axis}s"])
    if figure["kind"] in ("example", "gallery") and not config["crafting"]["keep_adps"]:
        raise UserError(f"{place}: shows an adversarial ADP; set crafting.keep_adps to true")
    physical = [attack for attack in named.get("attack", []) if threats.is_physical(config, attack)]
    if physical and "epsilon" in figure:
        raise UserError(f"{place}: figures of kind {figure['kind']} are at an epsilon; {physical[0]} has none")
    if figure["kind"] == "rmse" and physical and len(physical) < len(named["attack"]):
        raise UserError(f"{place}: epsilons and decibels share no axis; draw two figures, or one of kind power")
    for defence in named["defence"] if figure["kind"] == "certified" else []:
        if entry(config, "defences", defence)["plugin"] != "median_smoothing":
            raise UserError(f"{place}: nothing is certified of {defence}; it has another plugin than median_smoothing")
    exact = {"seed": figure["seed"]} if "seed" in figure else {}
    exact |= {"budget": cells.budget_tag("eps", figure["epsilon"])} if "epsilon" in figure else {}
    for names in product(*named.values()):
        wanted = dict(zip(named, names, strict=True)) | exact
        if not any(wanted.items() <= cell.items() for cell in computed):
            missing = ", ".join(f"{key} {value}" for key, value in wanted.items())
            raise UserError(
                f"{place}: no grid computes {missing}; add it to grids, change the figure, or write figures: []"
            )
