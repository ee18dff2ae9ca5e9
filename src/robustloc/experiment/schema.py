"""Check of a configuration against the JSON schema, with messages for people who write YAML."""

import math
from collections.abc import Iterable
from difflib import get_close_matches

from jsonschema import Draft202012Validator
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
    errors = Draft202012Validator(rules).iter_errors(config)
    return [_explain(error) for error in sorted(errors, key=lambda error: list(map(str, error.path)))]


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


def _explain(error: ValidationError) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(".")
    place = place or "top level"
    meaning = f" ({error.schema['description']})" if "description" in error.schema else ""
    if error.validator == "additionalProperties":
        valid = sorted(error.schema["properties"])
        found = sorted(str(key) for key in error.instance if key not in valid)
        return "\n".join(f"{place}: {unknown(KEY, key, valid)}" for key in found)
    if error.validator == "oneOf":
        return _explain_choice(error, place)
    if error.validator == "type":
        wanted = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
        kinds = " or ".join(PLAIN_NAMES[kind] for kind in wanted)
        return f"{place}: expected {kinds}, found {error.instance!r}{hint(error.instance)}"
    if error.validator in LIMITS:
        limit = f"{LIMITS[error.validator]} {error.validator_value}"
        return f"{place}: expected a number {limit}{meaning}, found {error.instance!r}"
    if error.validator == "enum":
        return f"{place}: expected {' or '.join(error.validator_value)}{meaning}, found {error.instance!r}"
    return f"{place}: {error.message}{meaning}"


def _explain_choice(error: ValidationError, place: str) -> str:
    """Explain a value that fits no alternative: the error in the intended alternative, or the alternatives."""
    found, branches = error.instance, error.validator_value
    if isinstance(found, dict):
        meant = [i for i, branch in enumerate(branches) if _is_meant(found, branch)]
        inner = [e for e in error.context if meant and e.relative_schema_path[0] == meant[0]]
        if inner:
            return _explain(inner[0])
        if key := next(iter(_constants(branches[0])), None):
            kinds = " or ".join(_constants(branch)[key] for branch in branches)
            return f"{place}.{key}: expected {kinds}, found {found.get(key)!r}"
    kinds = error.schema.get("description") or " or ".join(PLAIN_NAMES[branch["type"]] for branch in branches)
    return f"{place}: expected {kinds}, found {found!r}"


def hint(value: object) -> str:
    """Explain why a number was read as text; empty for other values."""
    try:
        number = isinstance(value, str) and math.isfinite(float(value))
    except ValueError:
        number = False
    if not number:
        return ""
    return (
        "; it was read as text. In a file, remove quotes and write a point before an exponent, such as 1.0e-2. On the "
        "command line, all nested values are texts; move them to a file"
    )
