"""The experiment's configuration, checked as a whole before any job."""

import ast
import math
from difflib import get_close_matches
from itertools import product

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from robustloc import cells, plugins
from robustloc.errors import UserError

# keys of a library entry that belong to the workflow; the others are parameters of the plugin
WORKFLOW_KEYS = {
    "models": {"plugin"},
    "attacks": {"plugin", "norm"},
    "defences": {"plugin", "start", "training", "attacks"},
}
# keyword-only parameters of the entry functions that the workflow itself fills in
PROVIDED = {"models": set(), "attacks": {"eps", "norm", "generators"}, "defences": {"attacks"}}
SIMPLE_TYPES = {"int": int, "float": (int, float), "bool": bool, "str": str, "None": type(None)}


def check(config: dict, schema: dict) -> None:
    """Fill in the schema's defaults, in place, and check types, ranges and every name that refers to another entry.

    Raises:
        UserError: names the key, what was found and what is valid.
    """
    _check_finite(config)
    _fill_defaults(config, schema, schema)
    errors = sorted(Draft202012Validator(schema).iter_errors(config), key=lambda error: list(map(str, error.path)))
    if errors:
        raise UserError("\n".join(_explain(error) for error in errors[:5]))
    for kind in WORKFLOW_KEYS:
        for name in config[kind]:
            _check_entry(config, kind, name)
    if "clean" in config["attacks"]:
        raise UserError("attacks.clean: this name stands for no attack in the tables; choose another")
    for name, defence in config["defences"].items():
        _known(f"defences.{name}.attacks", defence.get("attacks", []), config["attacks"])
        _check_start(name, config["defences"])
    for index, grid in enumerate(config["grids"]):
        for axis in ("scenarios", "models", "defences", "attacks"):
            _known(f"grids[{index}].{axis}", grid[axis], config[axis])
    _check_training_epsilons(config)
    _check_figures(config)


def entry(config: dict, kind: str, name: str) -> dict:
    """Return what a job needs of a library entry: its plugin, the plugin's parameters and, of attacks, the norm."""
    found = config[kind][name]
    own = {key: value for key, value in found.items() if key not in WORKFLOW_KEYS[kind]}
    norm = {"norm": found["norm"]} if kind == "attacks" else {}
    return {"plugin": found.get("plugin", name), "parameters": own, **norm}


def starts(config: dict) -> dict[str, str]:
    """Return which defence each defence starts from, of those that do."""
    return {name: defence["start"] for name, defence in config["defences"].items() if "start" in defence}


def needs_epsilon(config: dict, defence: str) -> bool:
    """Say whether training under a defence reads the scenario's largest training epsilon."""
    return entry(config, "defences", defence)["plugin"] != "none"


def epsilons(config: dict) -> dict[str, list[float]]:
    """Return the epsilons of each scenario."""
    return {name: scenario["epsilons"] for name, scenario in config["scenarios"].items()}


def _fill_defaults(value: object, schema: dict, root: dict) -> None:
    if "$ref" in schema:
        _fill_defaults(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    for branch in schema.get("oneOf", []):
        if isinstance(value, dict) and _is_meant(value, branch):
            _fill_defaults(value, branch, root)
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for key, sub in properties.items():
            if "default" in sub and key not in value:
                default = sub["default"]
                value[key] = default.copy() if isinstance(default, dict | list) else default
        others = schema.get("additionalProperties")
        for key, inner in value.items():
            if key in properties:
                _fill_defaults(inner, properties[key], root)
            elif isinstance(others, dict):
                _fill_defaults(inner, others, root)
    elif isinstance(value, list):
        for item in value:
            _fill_defaults(item, schema.get("items", {}), root)


def _is_meant(value: dict, branch: dict) -> bool:
    """Say whether a mapping is of the kind that an alternative of the schema describes, right or wrong otherwise."""
    properties = branch.get("properties", {})
    constants = {key: sub["const"] for key, sub in properties.items() if "const" in sub}
    if constants:
        return all(value.get(key) == constant for key, constant in constants.items())
    return bool(branch.get("required")) and branch["required"][0] in value


def _explain(error: ValidationError) -> str:
    """Say which key is wrong, what was found and what is valid."""
    if error.validator == "oneOf" and isinstance(error.instance, dict):
        meant = [i for i, branch in enumerate(error.validator_value) if _is_meant(error.instance, branch)]
        inner = [e for e in error.context if meant and e.relative_schema_path[0] == meant[0]]
        if inner:
            return _explain(inner[0])
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(".")
    if error.validator == "additionalProperties":
        valid = sorted(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(valid))
        return "\n".join(f"{'.'.join(filter(None, [place, key]))}: {_unknown(key, valid)}" for key in unknown)
    if error.validator == "oneOf":
        titles = " or ".join(branch.get("title", branch.get("type", "")) for branch in error.validator_value)
        return f"{place}: expected {titles}, found {error.instance!r}"
    meaning = error.schema.get("description")
    return f"{place or 'configuration'}: {error.message}" + (f" ({meaning})" if meaning else "")


def _unknown(name: str, valid: list[str]) -> str:
    close = get_close_matches(name, valid, 1)
    hint = f", did you mean {close[0]!r}?" if close else ";"
    return f"there is no {name!r}{hint} Valid: {', '.join(sorted(valid)) or 'none'}"


def _known(key: str, names: list[str], valid: dict) -> None:
    for name in names:
        if name not in valid:
            raise UserError(f"{key}: {_unknown(name, list(valid))}")


def _check_entry(config: dict, kind: str, name: str) -> None:
    """Hold an entry's parameters against the signature of its plugin."""
    found = entry(config, kind, name)
    if found["plugin"] not in plugins.names(kind):
        raise UserError(f"{kind}.{name}.plugin: {_unknown(found['plugin'], plugins.names(kind))}")
    options = plugins.options(kind, found["plugin"])
    valid = [option for option in options if option not in PROVIDED[kind]]
    for key, value in found["parameters"].items():
        if key not in valid:
            raise UserError(f"{kind}.{name}.{key}: {_unknown(key, valid)}")
        if not _fits(value, options[key]):
            raise UserError(f"{kind}.{name}.{key}: expected {options[key]}, found {value!r}")


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
        _known(f"defences.{seen[-1]}.start", [start], defences)
        if start in seen:
            raise UserError(f"defences.{name}.start: a circle, {' -> '.join([*seen, start])}")
        seen.append(start)


def _check_training_epsilons(config: dict) -> None:
    for cell in cells.localizers(config["grids"]):
        scenario, defence = cell["scenario"], cell["defence"]
        if needs_epsilon(config, defence) and "training_epsilon" not in config["scenarios"][scenario]:
            raise UserError(
                f"scenarios.{scenario}.training_epsilon: missing; defence {defence!r} needs the largest epsilon that "
                "it may use"
            )


def _check_figures(config: dict) -> None:
    names = [figure["name"] for figure in config["figures"]]
    for figure in config["figures"]:
        if names.count(figure["name"]) > 1:
            raise UserError(f"figures: two are named {figure['name']!r}; give each a name of its own")
        _check_figure(config, figure)


def _check_figure(config: dict, figure: dict) -> None:
    """A figure may show only what the grids compute."""
    computed = cells.attacked(config["grids"], epsilons(config))
    one = figure["kind"] == "example"
    exact = {"seed": figure["seed"], "eps": cells.epsilon_tag(figure["epsilon"])} if one else {}
    if one and not config["crafting"]["keep_adps"]:
        raise UserError(f"figures.{figure['name']}: shows an adversarial ADP; set crafting.keep_adps to true")
    axes = ("model", "defence", "attack")
    for names in product(*([figure[axis]] if one else figure[f"{axis}s"] for axis in axes)):
        wanted = {"scenario": figure["scenario"], **dict(zip(axes, names, strict=True)), **exact}
        if not any(wanted.items() <= cell.items() for cell in computed):
            missing = ", ".join(f"{key} {value}" for key, value in wanted.items())
            raise UserError(
                f"figures.{figure['name']}: no grid computes {missing}; add it to grids or change the figure"
            )
