"""The shipped configuration, its schema, and overlays on top of it."""

import copy

import yaml
from workflow_project import ROOT

from robustloc.experiment.config import check

SCHEMA = yaml.safe_load((ROOT / "config.schema.yaml").read_text())
DEFAULT = yaml.safe_load((ROOT / "config.yaml").read_text())


def merged(base: dict, overlay: dict) -> dict:
    """Merge as Snakemake does: mappings key by key; everything else is replaced."""
    result = copy.deepcopy(base)
    for key, value in overlay.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else copy.deepcopy(value)
    return result


def filled(overlay: dict) -> dict:
    """Return the default configuration with an overlay, checked and filled in."""
    content = merged(DEFAULT, overlay)
    check(content, SCHEMA)
    return content


def _library() -> dict:
    content = copy.deepcopy(DEFAULT)
    for file in sorted((ROOT / "experiments").glob("*.yaml")):
        overlay = yaml.safe_load(file.read_text())
        for kind in ("models", "defences", "attacks"):
            content[kind] |= {name: entry for name, entry in overlay.get(kind, {}).items() if name not in content[kind]}
    return content


# the shipped configuration, with the entries that the experiments add to it
LIBRARY = _library()
LIMITS = filled({})["verdict"]["limits"]
