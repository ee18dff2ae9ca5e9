"""Plugins that are no files: a name for a function or a network of a test, as long as the test runs."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from robustloc.base import plugins


def quits() -> tuple[Path, Callable]:
    """Return the file of a model plugin that does not exist, and its function, which ends the program with status 0."""
    file, names = plugins.PACKAGE / "models/mine.py", {}
    exec(compile("import sys\ndef forward():\n    sys.exit(0)\n", str(file), "exec"), names)
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
