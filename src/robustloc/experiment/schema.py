"""Check of a configuration against the JSON schema, with messages for people who write YAML."""

import math
import re
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from robustloc.base.errors import UserError

PLAIN_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
KEY, NAME = "a known key", "one of the names below"
LIMITS = {
    "minimum": "of at least",
    "maximum": "of at most",
    "exclusiveMinimum": "greater than",
    "exclusiveMaximum": "less than",
}
# JSON has one kind of number, so its 8.0 is an integer; here it would give other names and fingerprints than 8
_TYPES = Draft202012Validator.TYPE_CHECKER.redefine(
    "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
)


def _pattern(_: object, pattern: str, value: object, __: dict) -> Iterator[ValidationError]:
    """Match the whole text: Python's ``$`` also matches before a line break at the end, the schema's does not."""
    if isinstance(value, str) and not re.fullmatch(pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


_Validator = validators.extend(Draft202012Validator, {"pattern": _pattern}, type_checker=_TYPES)
# characters of a value that a message shows
SHOWN = 100


def fill_defaults(value: object, rules: dict, root: dict) -> None:
    """Add the defaults of all absent keys to a configuration, in place.

    Args:
        value: the configuration, or a part of it, right or wrong.
        rules: the schema of that part.
        root: the whole schema, for its ``$defs``.
    """
    if "$ref" in rules:
        fill_defaults(value, root["$defs"][rules["$ref"].rsplit("/", 1)[1]], root)
    for branch in rules.get("oneOf", []):
        if isinstance(value, dict) and _is_meant(value, branch):
            fill_defaults(value, branch, root)
    if isinstance(value, dict):
        properties = rules.get("properties", {})
        for key, sub in properties.items():
            if "default" in sub and key not in value:
                default = sub["default"]
                value[key] = default.copy() if isinstance(default, dict | list) else default
        others = rules.get("additionalProperties")
        for key, inner in value.items():
            if key in properties:
                fill_defaults(inner, properties[key], root)
            elif isinstance(others, dict):
                fill_defaults(inner, others, root)
    elif isinstance(value, list):
        for item in value:
            fill_defaults(item, rules.get("items", {}), root)


def violations(config: dict, rules: dict) -> list[str]:
    """Describe each violation of the schema: the key, the value that was found, and the valid values."""
    errors = sorted(_Validator(rules).iter_errors(config), key=lambda error: list(map(str, error.path)))
    # each missing key is an error of its own, and each of them explains all missing keys
    return list(dict.fromkeys(line for error in errors for line in _explain(error, rules)))


def known(key: str, names: Iterable[str], valid: Iterable[str]) -> None:
    """Check the names under a key against the valid names.

    Raises:
        UserError: a name is not valid.
    """
    for name in names:
        if name not in valid:
            raise UserError(f"{key}: {unknown(NAME, name, list(valid))}")


def unknown(wanted: str, name: str, valid: list[str]) -> str:
    """Describe an unknown key or name: what was wanted, the closest valid name, and all valid names."""
    close = get_close_matches(name, valid, 1)
    suggestion = f"; did you mean {close[0]!r}?" if close else "."
    return f"expected {wanted}, found {name!r}{suggestion} Valid: {', '.join(sorted(valid)) or 'none'}"


def _constants(branch: dict) -> dict:
    return {key: sub["const"] for key, sub in branch.get("properties", {}).items() if "const" in sub}


def _is_meant(value: dict, branch: dict) -> bool:
    """Return whether a mapping is meant for one alternative of the schema, even if other keys are wrong."""
    if constants := _constants(branch):
        return all(value.get(key) == constant for key, constant in constants.items())
    return bool(branch.get("required")) and branch["required"][0] in value


def _explain(error: ValidationError, rules: dict) -> list[str]:
    """Describe a violation, one line for each unknown key, otherwise one line."""
    place, found = _written(error.absolute_path) or "top level", error.instance
    meaning = f" ({error.schema['description']})" if "description" in error.schema else ""
    if error.validator == "additionalProperties":
        valid = sorted(error.schema["properties"])
        wrong = sorted(str(key) for key in found if key not in valid)
        return [f"{place}: {unknown(KEY, key, valid)}{_home(key, rules)}" for key in wrong]
    if error.validator == "required":
        return [_missing(error, key) for key in error.validator_value if key not in found]
    if error.validator == "oneOf":
        return _explain_choice(error, place, rules)
    if error.validator == "type":
        wanted = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
        kinds = " or ".join(PLAIN_NAMES[kind] for kind in wanted)
        why = "" if isinstance(found, list | dict) else hint(found, wanted)
        return [f"{place}: expected {kinds}, found {shown(found)}{why}"]
    if error.validator in LIMITS:
        limit = f"{LIMITS[error.validator]} {error.validator_value}"
        return [f"{place}: expected a number {limit}{meaning}, found {shown(found)}"]
    if error.validator == "enum":
        return [f"{place}: expected {' or '.join(error.validator_value)}{meaning}, found {shown(found)}"]
    return [f"{place}: {error.message.replace(repr(found), shown(found))}{meaning}"]


def _missing(error: ValidationError, key: str) -> str:
    """Describe a missing key: its meaning, and its values if they are a choice."""
    rules = error.schema.get("properties", {}).get(key, {})
    meaning = f" ({rules['description']})" if "description" in rules else ""
    choices = f": {' or '.join(rules['enum'])}" if "enum" in rules else ""
    return f"{_written([*error.absolute_path, key])}: missing{meaning}; add this key{choices}"


def _explain_choice(error: ValidationError, place: str, rules: dict) -> list[str]:
    """Explain a value that fits no alternative: the error in the intended alternative, or the alternatives."""
    found, branches = error.instance, error.validator_value
    if isinstance(found, dict):
        meant = [i for i, branch in enumerate(branches) if _is_meant(found, branch)]
        inner = [e for e in error.context if meant and e.relative_schema_path[0] == meant[0]]
        if inner:
            return _explain(inner[0], rules)
        if key := next(iter(_constants(branches[0])), None):
            kinds = " or ".join(_constants(branch)[key] for branch in branches)
            return [f"{place}.{key}: expected {kinds}, found {shown(found.get(key))}"]
    kinds = error.schema.get("description") or " or ".join(PLAIN_NAMES[branch["type"]] for branch in branches)
    return [f"{place}: expected {kinds}, found {shown(found)}{hint(found)}"]


def _written(path: Iterable[str | int]) -> str:
    """Write the place of a value, as in ``grids[0].seeds``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _home(key: str, rules: dict) -> str:
    """Say where in the configuration a key belongs that was found elsewhere; empty if it belongs nowhere."""
    places = list(dict.fromkeys(place for place, name in _keys(rules, rules) if name == key and place))
    return f"; {key} is a key of {' and of '.join(places)}" if places else ""


def _keys(rules: dict, root: dict, place: str = "") -> Iterator[tuple[str, str]]:
    """List every key of a schema with the place that it belongs to."""
    if "$ref" in rules:
        yield from _keys(root["$defs"][rules["$ref"].rsplit("/", 1)[1]], root, place)
    for key, sub in rules.get("properties", {}).items():
        yield place, key
        yield from _keys(sub, root, f"{place}.{key}".lstrip("."))
    if isinstance(others := rules.get("additionalProperties"), dict):
        yield from _keys(others, root, f"{place}.NAME")
    branches = rules.get("oneOf", [])
    for inner in [*branches, rules["items"]] if "items" in rules else branches:
        yield from _keys(inner, root, place)


def shown(value: object) -> str:
    """Write a value for a message, its beginning if it is long."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def hint(value: object, wanted: Collection[str] = ()) -> str:
    """Explain what may be wrong with the type of a value; empty if this is not known.

    Args:
        value: of the wrong type.
        wanted: types that the key may have, in the words of JSON or of Python.
    """
    if isinstance(value, float) and value.is_integer() and {"integer", "int"}.intersection(wanted):
        return f"; write {int(value)}, without a point"
    if isinstance(value, int | float) and {"string", "str"}.intersection(wanted):
        return "; in a file, put it in quotes"
    if not _is_read_as_text(value):
        return ""
    return (
        "; it was read as text. In a file, remove quotes and write a point before an exponent, such as 1.0e-2. On the "
        "command line, all nested values are texts; move them to a file"
    )


def _is_read_as_text(value: object) -> bool:
    """Return whether a text, or a text in a list or mapping, looks like a number, true, false or null."""
    if isinstance(value, dict | list):
        return any(map(_is_read_as_text, value.values() if isinstance(value, dict) else value))
    try:
        return isinstance(value, str) and (value.lower() in ("true", "false", "null") or math.isfinite(float(value)))
    except ValueError:
        return False
