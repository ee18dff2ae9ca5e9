"""Plugins of a test: names for functions and networks as long as the test runs, and files in folders of their own."""

import importlib
import sys
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
    """Let `robustloc.base.plugins` find the file of a plugin without parameters; each process imports it by itself.

    Args:
        patch: undoes it at the end of the test.
        folder: for the file.
        kind, name: as in `install`.
        text: content of the file.
    """
    folder.mkdir(parents=True)
    (folder / f"{name}.py").write_text(text)
    package, module = importlib.import_module(f"robustloc.{kind}"), f"robustloc.{kind}.{name}"
    patch.setattr(package, "__path__", [*package.__path__, str(folder)])
    patch.delitem(sys.modules, module, raising=False)  # of an earlier test
    install(patch, kind, name, lambda *given: importlib.import_module(module).build(*given))
