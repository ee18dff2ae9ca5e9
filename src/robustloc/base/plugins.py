"""Plugins are files, found by their name; there is no list of them to keep.

A kind of plugin is a folder of the package, such as ``models`` or ``data.formats``. What planning needs of a plugin is
read from its syntax tree, because an import would load heavy libraries.
"""

import ast
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import ModuleType

from robustloc.base.errors import UserError

PACKAGE = Path(__file__).parent.parent
_REQUIRED = object()
# kind of plugin -> the function that its file must define, and its positional parameters
ENTRY = {"models": ("build", 1), "attacks": ("perturb", 2), "defences": ("build", 0)}


def names(kind: str) -> list[str]:
    """List the plugins of a kind: the stems of the files in its folder."""
    folder = PACKAGE.joinpath(*kind.split("."))
    return sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("_"))


def load(kind: str, name: str) -> ModuleType:
    """Import a plugin by its name.

    Raises:
        UserError: there is no such file; the message lists the files that exist.
    """
    if name not in names(kind):
        place = f"src/robustloc/{kind.replace('.', '/')}/"
        raise UserError(
            f"there is no {kind.rpartition('.')[2][:-1]} plugin {name!r}; {place} holds: {', '.join(names(kind))}"
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


def defence(name: str, attacks: list[Callable], parameters: dict) -> object:
    """Build a defence, with attacks if it crafts with some.

    Raises:
        UserError: the plugin refuses a parameter.
    """
    crafts = {"attacks": attacks} if "attacks" in options("defences", name) else {}
    return build("defences", name, **crafts, **parameters)


@dataclass(frozen=True)
class Option:
    """A keyword-only parameter of a plugin: its annotation as text, and whether it must be given."""

    annotation: str
    required: bool


@cache
def options(kind: str, name: str) -> dict[str, Option]:
    """Return the keyword-only parameters of a plugin, read off its file without importing it.

    Raises:
        UserError: the file does not define the function of its kind, or that one has positional parameters of its own
            or some without a type.
    """
    file = _file(kind, name)
    function, positional = ENTRY[kind]
    for node in _statements(file):
        if isinstance(node, ast.FunctionDef) and node.name == function:
            if len(node.args.posonlyargs + node.args.args) != positional:
                found = ", ".join(arg.arg for arg in node.args.posonlyargs + node.args.args)
                raise UserError(
                    f"{file}: {function}() may have {positional} positional parameters, found {found}; the others must "
                    "be keyword-only, behind a *"
                )
            if untyped := [arg.arg for arg in node.args.kwonlyargs if not arg.annotation]:
                raise UserError(f"{file}: {function}() needs a type for {', '.join(untyped)}, as in steps: int = 10")
            pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            return {arg.arg: Option(ast.unparse(arg.annotation), default is None) for arg, default in pairs}
    raise UserError(f"{file}: a file in {kind}/ must define the function {function}()")


@cache
def constant(kind: str, name: str, constant: str, default: object = _REQUIRED) -> object:
    """Return a literal constant of a plugin, read from its file without importing it.

    Args:
        kind: of the plugin.
        name: of the plugin.
        constant: name that a statement at the top level of the file assigns.
        default: value of a file that does not define the constant; without a default the constant is required.

    Raises:
        UserError: the file does not define a required constant, or its value is not a literal.
    """
    file = _file(kind, name)
    for node in _statements(file):
        if isinstance(node, ast.Assign) and any(ast.unparse(target) == constant for target in node.targets):
            try:
                return ast.literal_eval(node.value)
            except ValueError:
                raise UserError(f"{file}: {constant} must be a literal, found {ast.unparse(node.value)}") from None
    if default is _REQUIRED:
        raise UserError(f"{file}: expected the constant {constant} at the top level of the file, found none")
    return default


def _file(kind: str, name: str) -> Path:
    return PACKAGE.joinpath(*kind.split("."), f"{name}.py")


def _statements(file: Path) -> list[ast.stmt]:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file)).body
