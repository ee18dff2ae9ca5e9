"""Plugins of a test: names for functions and networks as long as the test runs, and files in a copy of the package."""

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from robustloc.base import plugins


def fails(statement: str = "sys.exit(0)") -> tuple[Path, Callable]:
    """Return the file of a model plugin that does not exist, and its function, which ends with a statement."""
    file, names = plugins.PACKAGE / "models/mine.py", {}
    exec(compile(f"import sys\ndef forward():\n    {statement}\n", str(file), "exec"), names)
    return file, names["forward"]


def install(patch: pytest.MonkeyPatch, kind: str, name: str, entry: Callable) -> None:
    """Let `robustloc.base.plugins` find a plugin without parameters.

    Args:
        patch: undoes it at the end of the test.
        kind: ``models``, ``attacks`` or ``defences``.
        name: name of the plugin.
        entry: its ``perturb`` (attacks) or ``build``.
    """
    load, options = plugins.load, plugins.options
    module = SimpleNamespace(build=entry, perturb=entry)
    patch.setattr(plugins, "load", lambda *key: module if key == (kind, name) else load(*key))
    patch.setattr(plugins, "options", lambda *key: {} if key == (kind, name) else options(*key))


def install_file(patch: pytest.MonkeyPatch, folder: Path, kind: str, name: str, text: str) -> None:
    """Let `robustloc.base.plugins` find the file of a plugin without parameters, also in new processes.

    Args:
        patch: undoes it at the end of the test.
        folder: empty; gets a copy of the package with the file, which new processes import.
        kind, name: as in `install`.
        text: content of the file.
    """
    shutil.copytree(plugins.PACKAGE, folder / "robustloc", ignore=shutil.ignore_patterns("*.nb?"))
    file = folder / "robustloc" / kind / f"{name}.py"
    file.write_text(text)
    patch.syspath_prepend(folder)
    spec = importlib.util.spec_from_file_location(f"robustloc.{kind}.{name}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    install(patch, kind, name, module.build)
