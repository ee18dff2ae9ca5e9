"""The schema describes every key, and violations are reported in words."""

import yaml
from workflow_project import ROOT

from robustloc.experiment import schema

SCHEMA = yaml.safe_load((ROOT / "config.schema.yaml").read_text())


def leaves(rules: dict, place: str = "") -> dict[str, dict]:
    """Collect the schema's rules for every key that does not hold a mapping, by its place."""
    if "$ref" in rules:
        own = {key: rules[key] for key in rules if key == "description"}
        rules = SCHEMA["$defs"][rules["$ref"].rsplit("/", 1)[1]] | own
    parts = {}
    for branch in [rules, *rules.get("oneOf", [])]:
        parts |= branch.get("properties", {})
    if isinstance(rules.get("additionalProperties"), dict):
        parts["*"] = rules["additionalProperties"]
    if rules.get("items", {}).get("type") == "object" or "oneOf" in rules.get("items", {}):
        return leaves(rules["items"], f"{place}[]")
    if not parts:
        return {place: rules}
    return {name: leaf for key, inner in parts.items() for name, leaf in leaves(inner, f"{place}.{key}").items()}


def test_every_key_is_described() -> None:
    """The schema describes every key, with its unit."""
    found = leaves(SCHEMA)

    assert {".scenarios.*.epsilons", ".scenarios.*.channel.bandwidth_hz", ".grids[].seeds", ".training.epochs"} <= set(
        found
    )
    assert [place for place, rules in found.items() if "description" not in rules] == []


def test_keys_that_are_no_names() -> None:
    """A number as a key is reported like any other unknown key."""
    rules = {"type": "object", "properties": {"seed": {}}, "additionalProperties": False}

    assert schema.violations({1: 2}, rules) == ["top level: expected a known key, found '1'. Valid: seed"]


def test_missing_keys() -> None:
    """Each missing key is named once, with its meaning and its values."""
    rules = {
        "required": ["norm", "steps"],
        "properties": {"norm": {"enum": ["linf", "l2"]}, "steps": {"description": "number of gradients"}},
    }

    assert schema.violations({"seed": 1}, rules) == [
        "norm: missing; add this key: linf or l2",
        "steps: missing (number of gradients); add this key",
    ]


def test_numbers_given_as_text() -> None:
    """The message explains why a number was read as text; for other texts it has no hint."""
    rules = {"properties": {"seed": {"type": "integer"}}}

    assert "expected a whole number, found '5'; it was read as text" in schema.violations({"seed": "5"}, rules)[0]
    assert schema.violations({"seed": "five"}, rules) == ["seed: expected a whole number, found 'five'"]


def test_whole_names() -> None:
    """A name with a line break at its end is not the name."""
    rules = {"properties": {"name": {"type": "string", "pattern": "^[a-z]*$"}}}

    assert schema.violations({"name": "mine"}, rules) == []
    assert schema.violations({"name": "mine\n"}, rules) == ["name: 'mine\\n' does not match '^[a-z]*$'"]
