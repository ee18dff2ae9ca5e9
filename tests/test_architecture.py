"""The shape of the code: which way imports point, how long files are, where heavy libraries may be."""

import ast
import tomllib
from pathlib import Path

import pytest
from workflow_project import ROOT

PACKAGE = ROOT / "src" / "robustloc"
FILES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [*FILES, *sorted((ROOT / "tests").rglob("*.py")), ROOT / "Snakefile", *sorted((ROOT / "rules").glob("*.smk"))]

# Each subpackage may import the subpackages that are listed behind it (and itself).
ALLOWED = {
    "base": set(),
    "data": {"base"},
    "models": {"base"},
    "attacks": set(),
    "defences": {"attacks"},
    "localizer": {"base", "data", "attacks", "defences", "models"},
    "robustness": {"base", "data", "attacks"},
    "report": {"base"},
    "figures": {"data", "report"},
    "experiment": {"base", "data", "localizer"},
    "jobs": {"base"},
    "stages": {"base", "data", "attacks", "localizer", "robustness", "report", "figures", "experiment", "jobs"},
}
HEAVY = {"pytorch_lightning": {"localizer"}, "matplotlib": {"figures"}, "torchdiffeq": {"models"}}
NO_TORCH = {"stages.trace", "stages.shard", "stages.split", "stages.summarise", "stages.layout", "stages.figure"}
NO_TORCH |= {
    "stages.csi",
    "stages.worst",
    "stages.judge",
    "stages.leaderboard",
    "stages.compare",
    "stages.certified",
    "stages.bisected",
    "robustness.certificate",
}
NO_TORCH |= {"stages.dictionary", "stages.page"}
NO_TORCH |= {f"figures.{file.stem}" for file in (PACKAGE / "figures").glob("*.py")}


def imported(file: Path) -> set[str]:
    """Full names of everything that a file imports, wherever in the file."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def subpackage(file: Path) -> str:
    """The subpackage that a file belongs to: its folder, or its own name."""
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def test_imports_point_one_way() -> None:
    """Every import within the package is one that its subpackage may make; stages never import stages."""
    for file in FILES:
        own = {name.split(".")[1] for name in imported(file) if name.startswith("robustloc.")}
        here = subpackage(file)
        if here == "stages":
            assert "stages" not in own, f"{file}: a stage imports a stage"
        elif here != "__init__":
            unexpected = own - ALLOWED[here] - {here}
            assert not unexpected, f"{file}: {here} may not import {sorted(unexpected)}"


def test_plugins_stand_alone() -> None:
    """No plugin imports another plugin file, so that each has its own fingerprint."""
    for kind in ("models", "attacks", "defences", "data.formats", "data.scenes", "figures"):
        for file in PACKAGE.joinpath(*kind.split(".")).glob("*.py"):
            own = [name for name in imported(file) if name.startswith(f"robustloc.{kind}.")]
            assert all(name.startswith(f"robustloc.{kind}.parts.") for name in own), f"{file} imports its neighbour"


@pytest.mark.parametrize("library", HEAVY)
def test_heavy_libraries_stay_in_one_subpackage(library: str) -> None:
    """Lightning is imported by training alone, matplotlib by figures alone."""
    users = {subpackage(file) for file in FILES if any(name.split(".")[0] == library for name in imported(file))}

    assert users == HEAVY[library]


def test_jobs_without_a_network_do_not_import_torch() -> None:
    """Start-up of data, table and figure jobs stays short."""
    for file in FILES:
        name = ".".join(file.relative_to(PACKAGE).with_suffix("").parts)
        if name in NO_TORCH:
            reach, pending = set(), [file]
            while pending:
                current = pending.pop()
                for target in imported(current):
                    parts = target.split(".")
                    places = [PACKAGE.joinpath(*parts[1:n]).with_suffix(".py") for n in range(2, len(parts) + 1)]
                    pending += [p for p in places if parts[0] == "robustloc" and p.is_file() and p not in reach]
                    reach |= {p for p in places if p.is_file()}
            torch = [f.name for f in reach | {file} if any(n.split(".")[0] == "torch" for n in imported(f))]
            assert not torch, f"{name} reaches torch through {torch}"


def test_package_files_hold_docstrings_only() -> None:
    """An __init__ with code would be in every fingerprint below it; the top one, with the public names, is in none."""
    for file in set(PACKAGE.rglob("__init__.py")) - {PACKAGE / "__init__.py"}:
        body = ast.parse(file.read_text()).body
        assert len(body) == 1, f"{file} holds more than its docstring"
        assert isinstance(body[0], ast.Expr), f"{file} holds code"


def test_files_and_functions_are_short() -> None:
    """Files have at most 250 lines, functions of the package at most 40 without their docstring."""
    for file in SOURCES:
        assert len(file.read_text().splitlines()) <= 250, f"{file} is too long"
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef):
                documented = ast.get_docstring(node) is not None
                start = node.body[1].lineno if documented and len(node.body) > 1 else node.lineno
                assert node.end_lineno - start < 40, f"{file}: {node.name} is too long"


def test_public_functions_are_documented_and_typed() -> None:
    """Every public function and method of the package has a docstring and annotations."""
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{file}: {node.name} has no docstring"
                missing = [
                    a.arg
                    for a in node.args.args + node.args.kwonlyargs
                    if a.arg not in ("self", "cls") and not a.annotation
                ]
                assert not missing, f"{file}: {node.name} lacks annotations of {missing}"


def test_third_party_imports_are_declared() -> None:
    """Whatever the package imports is a dependency in pyproject.toml, or is asked for where it is missing."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {line.split(">")[0].split("=")[0].split("<")[0].replace("-", "_") for line in project["dependencies"]}
    declared.add("h5py")  # the format csi asks for it
    imports_as = {"yaml": "pyyaml"}
    standard = __import__("sys").stdlib_module_names
    for file in FILES:
        names = {name.split(".")[0] for name in imported(file)} - standard - {"robustloc"}
        used = {imports_as.get(name, name) for name in names}
        assert used <= declared, f"{file} imports {sorted(used - declared)}"
