"""Entries of models, defences and attacks: plugin and parameters, and a check of these against the plugin."""

import ast

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.experiment import schema

# keys of a library entry that belong to the workflow; the others are parameters of the plugin
WORKFLOW_KEYS = {
    "models": {"plugin", "weights", "file"},
    "attacks": {"plugin", "norm", "domain", "bearing_deg", "target", "surrogate", "members"},
    "defences": {"plugin", "start", "training", "attacks"},
}
SIMPLE_TYPES = {"int": int, "float": (int, float), "bool": bool, "str": str, "None": type(None)}


def entry(config: dict, kind: str, name: str) -> dict:
    """Return what a job needs of a library entry: plugin, parameters and, for an attack, the workflow's own keys."""
    found = config[kind][name]
    # a model with `weights` has the parameters of the model that it names, except for the ones that it sets itself
    given = config[kind][found["weights"]] | found if "weights" in found else found
    own = {key: value for key, value in given.items() if key not in WORKFLOW_KEYS[kind]}
    more = {key: found[key] for key in found if kind == "attacks" and key in WORKFLOW_KEYS[kind]}
    return more | {"plugin": found.get("plugin", name), "parameters": own}


def model_file(config: dict, model: str, scenario: str, seed: int | str) -> str:
    """Return the file of a model that was trained elsewhere."""
    return config["models"][model]["file"].replace("{scenario}", scenario).replace("{seed}", str(seed))


def is_embedded(config: dict, scenario: str) -> bool:
    """Return whether a scenario is traced by this workflow; other scenarios are read from a folder or a file."""
    raw = config["scenarios"][scenario]["raw"]
    return "scene" in raw and ("folder" not in raw or config["source"] == "embedded")


def is_measured(config: dict, scenario: str) -> bool:
    """Return whether a scenario is a file of measured channel matrices."""
    return "csi" in config["scenarios"][scenario]["raw"]


def origin(config: dict, model: str, defence: str) -> dict[str, str] | None:
    """Return model and defence of the checkpoint that a localizer's training starts from, if it does."""
    if weights := config["models"][model].get("weights"):
        return {"model": weights, "defence": defence}
    start = config["defences"][defence].get("start")
    trains = needs_epsilon(config, defence) or "training" in config["defences"][defence]
    if "file" in config["models"][model] and not start and trains:
        raise UserError(
            f"models.{model}: a network from a file cannot train from new weights; set defences.{defence}.start, "
            "as in start: none"
        )
    return {"model": model, "defence": start} if start else None


def needs_epsilon(config: dict, defence: str) -> bool:
    """Return whether training under a defence reads the scenario's largest training epsilon."""
    return entry(config, "defences", defence)["plugin"] != "none"


def training_budget(config: dict, defence: str) -> str | None:
    """Return the key of a scenario that has the largest budget of training under a defence, if training needs one."""
    if not needs_epsilon(config, defence):
        return None
    crafts = [config["attacks"][name] for name in config["defences"][defence].get("attacks", [])]
    over_the_air = any(attack.get("domain", "input") != "input" for attack in crafts)
    return "training_psr_db" if over_the_air else "training_epsilon"


def certifies(config: dict, defence: str) -> bool:
    """Return whether a defence's plugin declares that its localizers can be certified."""
    return bool(plugins.constant("defences", entry(config, "defences", defence)["plugin"], "CERTIFIES", False))


def check_entry(config: dict, kind: str, name: str) -> None:
    """Check an entry's parameters against the signature of its plugin."""
    found = entry(config, kind, name)
    if found["plugin"] not in plugins.names(kind):
        wrong = schema.unknown(schema.NAME, found["plugin"], plugins.names(kind))
        raise UserError(f"{kind}.{name}.plugin: {wrong}")
    options = plugins.options(kind, found["plugin"])
    valid = [option for option in options if option not in plugins.PROVIDED[kind]]
    for key, value in found["parameters"].items():
        if key not in valid:
            raise UserError(f"{kind}.{name}: {schema.unknown(schema.KEY, key, [*valid, *WORKFLOW_KEYS[kind]])}")
        if not _fits(value, options[key].annotation):
            wanted = options[key].annotation.removeprefix("Literal")
            hint = schema.hint(value, wanted.split(" | "))
            raise UserError(f"{kind}.{name}.{key}: expected {wanted}, found {schema.shown(value)}{hint}")
    if kind == "defences" and ("attacks" in options) != ("attacks" in config[kind][name]):
        crafts = "needs attacks; add this key" if "attacks" in options else "uses no attacks; remove this key"
        raise UserError(f"{kind}.{name}.attacks: the plugin {found['plugin']} {crafts}")
    missing = [key for key in valid if options[key].required and key not in found["parameters"]]
    if missing:
        raise UserError(f"{kind}.{name}: missing {', '.join(missing)}; the plugin {found['plugin']} has no default")


def _fits(value: object, annotation: str) -> bool:
    """Return whether a value fits a parameter's annotation; only plain types and choices are checked."""
    if annotation.startswith("Literal["):
        return value in ast.literal_eval(annotation.removeprefix("Literal"))
    kinds = annotation.split(" | ")
    if isinstance(value, bool):  # Python counts a bool as an int, but users do not mean a number by true
        return "bool" in kinds or not SIMPLE_TYPES.keys() & set(kinds)
    return any(isinstance(value, SIMPLE_TYPES.get(kind, object)) for kind in kinds)


def modules(config: dict, kind: str, names: list[str]) -> list[str]:
    """List the plugin files of some entries, as module names below the package."""
    return [f"{kind}.{entry(config, kind, name)['plugin']}" for name in names]
