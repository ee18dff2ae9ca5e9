"""What a job's result depends on besides its input files: the code that it runs and the configuration that it reads.

Rules hand both to Snakemake as parameters, so that exactly the jobs whose code or configuration changed run again.
Code is compared by its meaning: comments, docstrings and modification times do not count.
"""

import ast
import hashlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent
# data files in a package that its modules read, so that they count as code
DATA = (".html", ".css", ".js")
# No stage imports the harness, so an edit of it makes no result due. Raise this number with an edit of `jobs` that
# changes the bytes of results: it is part of every fingerprint.
FORMAT = 1


def section(**parts: object) -> str:
    """Return the parts of the configuration that a job reads as one JSON text with sorted keys."""
    return json.dumps(parts, sort_keys=True, separators=(",", ":"))


@cache
def code(*modules: str) -> str:
    """Fingerprint everything that the given modules can import from this package.

    Args:
        modules: dotted names below ``robustloc``, such as ``stages.train`` and the plugins that the job will load.

    Returns:
        ``harness@FORMAT``, and one ``name@hash`` per module of the import closure and data file of its packages, so
        that a difference names what changed.

    Raises:
        FileNotFoundError: there is no such module.
        ValueError: a module imports in a way that hides what it reaches.
    """
    closure: set[Path] = set()
    pending: list[Path] = []
    for name in modules:
        if not PACKAGE.joinpath(*name.split(".")).with_suffix(".py").is_file():
            raise FileNotFoundError(f"no module {name!r} in {PACKAGE}")
        pending.extend(_module_files(name))
    while pending:
        file = pending.pop()
        if file not in closure:
            closure.add(file)
            pending.extend(_read(file)[0])
    return " ".join(sorted([f"harness@{FORMAT}", *(f"{_dotted(file)}@{_read(file)[1]}" for file in closure)]))


@cache
def _module_files(name: str) -> list[Path]:
    """Files that importing a module of this package runs: the ``__init__`` files on the way to it, and its own.

    Not the top ``__init__``, which is the public face of the package and does nothing for the modules in it.
    """
    parts = name.split(".")
    ways = [PACKAGE.joinpath(*parts[:length], "__init__.py") for length in range(len(parts), 0, -1)]
    return [file for file in (*ways, PACKAGE.joinpath(*parts).with_suffix(".py")) if file.is_file()]


def _dotted(file: Path) -> str:
    place = file.relative_to(PACKAGE)
    return ".".join(place.with_suffix("").parts) if file.suffix == ".py" else str(place)


@cache
def _read(file: Path) -> tuple[list[Path], str]:
    """Parse a file once: planning spends most of its own time here.

    Returns:
        The files of this package that it imports, with the ``__init__`` files on the way to them, and the hash of its
        syntax tree without docstrings (ten hexadecimal digits). The files of a package include its data files.
    """
    if file.suffix in DATA:
        return [], hashlib.sha256(file.read_bytes()).hexdigest()[:10]
    tree = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    names: set[str] = set()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            raise ValueError(f"{file}: write imports of this package in full ({PACKAGE.name}.…), not relative")
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    if PACKAGE.name in names:
        raise ValueError(f"{file}: import from a module (from {PACKAGE.name}.data import …), not from {PACKAGE.name}")
    # `from package.module import name` reaches the module whether the name is a module of its own or not
    own = [rest for package, _, rest in (name.partition(".") for name in sorted(names)) if package == PACKAGE.name]
    files = [found for name in own for found in _module_files(name)]
    if file.name == "__init__.py":
        files += [found for found in sorted(file.parent.iterdir()) if found.suffix in DATA]
    return files, hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:10]


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Walk over a module and its statements, which is several times faster than over every node."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        yield node
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            if isinstance(inner := getattr(node, field, None), list):
                pending.extend(inner)
