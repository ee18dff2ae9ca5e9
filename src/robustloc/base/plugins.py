"""Plugins are files, found by their name; no list of them has to be kept.

A kind of plugin is a folder of the package, such as ``models`` or ``data.formats``. Planning reads a
plugin's parameters and constants from its syntax tree, because an import would load heavy libraries.
"""

import ast
import importlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import ModuleType

from robustloc.base.errors import UserError

PACKAGE = Path(__file__).parent.parent
FOLDERS = {PACKAGE.joinpath(*kind.split(".")) for kind in ("models", "attacks", "defences", "figures")}
FOLDERS |= {PACKAGE / "data" / kind for kind in ("formats", "scenes")}
_REQUIRED = object()
# kind of plugin -> the function that its file must define, and the number of its positional parameters
ENTRY = {"models": ("build", 1), "attacks": ("perturb", 2), "defences": ("build", 0)}
# keyword-only parameters of these functions that the caller fills in; the others are the plugin's own
PROVIDED = {"models": set(), "attacks": {"eps", "norm", "generators", "examples"}, "defences": {"attacks"}}
# keyword-only parameters that this function must have
NEEDED = {"attacks": ("eps", "norm", "generators")}


def names(kind: str) -> list[str]:
    """List the plugins of a kind: the stems of the files in its folder."""
    folder = PACKAGE.joinpath(*kind.split("."))
    return sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("_"))


def load(kind: str, name: str) -> ModuleType:
    """Import a plugin by its name.

    Raises:
        UserError: there is no such file; the message lists the files that exist.
    """
    _file(kind, name)
    return importlib.import_module(f"robustloc.{kind}.{name}")


def _file(kind: str, name: str) -> Path:
    """Return the file of a plugin, which must exist."""
    if name not in names(kind):
        folder = f"src/robustloc/{kind.replace('.', '/')}/"
        raise UserError(
            f"there is no {kind.rpartition('.')[2][:-1]} plugin {name!r}; {folder} holds: {', '.join(names(kind))}"
        )
    return PACKAGE.joinpath(*kind.split("."), f"{name}.py")


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
    """Build a defence; pass it the attacks if its plugin has the parameter `attacks`.

    Raises:
        UserError: the plugin refuses a parameter.
    """
    crafts = {"attacks": attacks} if "attacks" in options("defences", name) else {}
    return build("defences", name, **crafts, **parameters)


def raised_in(error: BaseException) -> Path | None:
    """Return the innermost plugin file in which an exception was raised; None if no plugin was running."""
    found, step = None, error.__traceback__
    while step is not None:
        file = Path(step.tb_frame.f_code.co_filename)
        if file.parent in FOLDERS:
            found = file
        step = step.tb_next
    return found


@dataclass(frozen=True)
class Option:
    """A keyword-only parameter of a plugin.

    Attributes:
        annotation: its type as text; empty for a provided parameter without a type.
        required: whether it has no default.
        default: its default if this is a literal, otherwise None.
    """

    annotation: str
    required: bool
    default: object = None


@cache
def options(kind: str, name: str) -> dict[str, Option]:
    """Return the keyword-only parameters of a plugin, read from its file without importing it.

    Raises:
        UserError: the file does not define the function of its kind, or this function has a wrong number of
            positional parameters, lacks a parameter, or has one of its own without a type.
    """
    file = PACKAGE.joinpath(*kind.split("."), f"{name}.py")
    function, positional = ENTRY[kind]
    for node in _statements(file):
        if isinstance(node, ast.FunctionDef) and node.name == function:
            if len(node.args.posonlyargs + node.args.args) != positional:
                found = ", ".join(arg.arg for arg in node.args.posonlyargs + node.args.args)
                raise UserError(
                    f"{file}: {function}() may have {positional} positional parameters, found {found}; the others must "
                    "be keyword-only, behind a *"
                )
            own = [arg for arg in node.args.kwonlyargs if arg.arg not in PROVIDED[kind]]
            if untyped := [arg.arg for arg in own if not arg.annotation]:
                raise UserError(f"{file}: {function}() needs a type for {', '.join(untyped)}, as in steps: int = 10")
            named = {arg.arg for arg in node.args.kwonlyargs}
            missing = [name for name in NEEDED.get(kind, ()) if name not in named and not node.args.kwarg]
            if missing:
                raise UserError(
                    f"{file}: {function}() needs the keyword-only parameters {', '.join(missing)}; add them"
                )
            pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            return {arg.arg: _option(arg.annotation, default) for arg, default in pairs}
    raise UserError(f"{file}: a file in {kind}/ must define the function {function}()")


def _option(annotation: ast.expr | None, default: ast.expr | None) -> Option:
    value = None
    with suppress(ValueError):
        value = ast.literal_eval(default) if default else None
    return Option(ast.unparse(annotation) if annotation else "", default is None, value)


def _statements(file: Path) -> list[ast.stmt]:
    try:
        return ast.parse(file.read_text(encoding="utf-8"), filename=str(file)).body
    except (SyntaxError, ValueError) as error:
        raise UserError(f"{file}: expected Python code in UTF-8, found an error: {error}; correct the file") from error


@cache
def constant(kind: str, name: str, key: str, default: object = _REQUIRED) -> object:
    """Return a constant of a plugin, read from its file without importing it.

    Args:
        kind, name: of the plugin.
        key: name of the constant; its value must be a literal.
        default: value for a file that does not assign the constant; without a default the constant is required.

    Raises:
        UserError: there is no such file, it does not assign a required constant, or the value is not a literal.
    """
    file = _file(kind, name)
    found = [
        node for node in _statements(file) if isinstance(node, ast.Assign) and key in map(ast.unparse, node.targets)
    ]
    if not found and default is not _REQUIRED:
        return default
    if found:
        with suppress(ValueError):
            return ast.literal_eval(found[-1].value)
    raise UserError(f'{file}: expected a line {key} = …, with a literal such as "text" or (1, 2); found none')
