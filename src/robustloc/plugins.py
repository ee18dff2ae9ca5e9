"""Models, attacks and defences are files, found by their name; there is no list of them to keep."""

import ast
import importlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from types import ModuleType

from robustloc.errors import UserError

# kind of plugin -> the function that its file must define
ENTRY = {"models": "build", "attacks": "perturb", "defences": "build"}


def names(kind: str) -> list[str]:
    """List the plugins of a kind: the stems of the files in its folder."""
    folder = Path(__file__).parent / kind
    return sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("_"))


def load(kind: str, name: str) -> ModuleType:
    """Import a plugin by its name.

    Raises:
        UserError: there is no such file; the message lists those that exist.
    """
    if name not in names(kind):
        raise UserError(
            f"there is no {kind[:-1]} plugin {name!r}; src/robustloc/{kind}/ holds: {', '.join(names(kind))}"
        )
    return importlib.import_module(f"robustloc.{kind}.{name}")


def build(kind: str, name: str, *arguments: object, **parameters: object) -> object:
    """Call a plugin's ``build``.

    Raises:
        UserError: the plugin refuses a parameter.
    """
    try:
        return load(kind, name).build(*arguments, **parameters)
    except ValueError as error:
        raise UserError(f"{kind}: {name}: {error}") from error


def attack(entry: dict) -> Callable:
    """Return an attack ``(loss, x, *, eps, generators) -> x`` with its norm and parameters filled in.

    Args:
        entry: ``{"plugin": …, "norm": …, "parameters": {…}}``.
    """
    return partial(load("attacks", entry["plugin"]).perturb, norm=entry["norm"], **entry["parameters"])


@cache
def options(kind: str, name: str) -> dict[str, str]:
    """Return the keyword-only parameters of a plugin and their annotations as text, without importing it."""
    file = Path(__file__).parent / kind / f"{name}.py"
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == ENTRY[kind]:
            return {arg.arg: ast.unparse(arg.annotation) if arg.annotation else "" for arg in node.args.kwonlyargs}
    raise UserError(f"{file}: a file in {kind}/ must define the function {ENTRY[kind]}()")
