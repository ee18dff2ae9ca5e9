"""`import robustloc as rl`: a few names, typed, imported when they are used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from made_up import COLUMNS, ROWS, SITE
from workflow_project import ROOT

import robustloc as rl
from robustloc.localizer.checkpoint import save
from robustloc.localizer.network import build

PACKAGE = ROOT / "src" / "robustloc"
WITHOUT_TORCH = set(dir(rl)) - {"attack", "examine", "load_localizer"}


def stub() -> dict[str, object]:
    """What a type checker sees: the names that `__init__.pyi` defines; it is Python that can run."""
    names: dict[str, object] = {}
    exec(compile((PACKAGE / "__init__.pyi").read_text(), "__init__.pyi", "exec"), names)
    return names


def modules_after(statements: str) -> set[str]:
    """Modules that a fresh interpreter holds after some statements."""
    code = f"{statements}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_few_names() -> None:
    """`dir` lists eight to ten public names and nothing else; `import *` takes the same."""
    assert 8 <= len(dir(rl)) <= 10
    assert sorted(rl.__all__) == dir(rl)


@pytest.mark.parametrize("name", dir(rl))
def test_stub_agrees(name: str) -> None:
    """Each public name resolves, is documented, and is the object that `__init__.pyi` gives a type checker."""
    typed = stub()

    assert sorted(typed["__all__"]) == dir(rl)
    assert getattr(rl, name) == typed[name]
    assert getattr(rl, name).__doc__


def test_unknown_name() -> None:
    """A misspelt name lists the valid ones; a subpackage is still a module that can be imported."""
    with pytest.raises(AttributeError, match=r"no attribute 'atack'; public names: .*attack"):
        _ = rl.atack
    from robustloc import data

    assert data.__name__ == "robustloc.data"


def test_import_loads_nothing() -> None:
    """`import robustloc` and `dir` import no other library and no subpackage."""
    loaded = modules_after("import robustloc as rl; dir(rl)")

    assert not {"numpy", "torch", "pandas", "numba", "pyarrow"} & loaded
    assert {name for name in loaded if name.startswith("robustloc")} == {"robustloc"}


def test_torch_is_imported_when_needed() -> None:
    """Reading data, profiles, errors and certificates need no torch; attacks do."""
    uses = "; ".join(f"rl.{name}" for name in sorted(WITHOUT_TORCH))
    loaded = modules_after(f"import robustloc as rl; {uses}")

    assert "robustloc.data.profile" in loaded
    assert "torch" not in loaded
    with pytest.raises(subprocess.CalledProcessError) as error:
        modules_after("import sys; sys.modules['torch'] = None; import robustloc as rl; rl.attack")
    assert "import of torch halted" in error.value.stderr


def test_paths_as_text(v4_folder: Path, tmp_path: Path) -> None:
    """A path is a text or a `Path`; where there is no file, a message says what was expected."""
    file = tmp_path / "checkpoint.pt"
    model = {"plugin": "constant", "parameters": {}}
    save(file, build(model, (8, 8), torch.rand(5, 3)), model, (8, 8), {})
    for kind in (str, Path):
        paths = rl.read_scenario(kind(v4_folder), SITE)
        assert len(paths) == ROWS * COLUMNS
        assert rl.load_localizer(kind(file))(torch.zeros(2, 1, 8, 8)).shape == (2, 3)

        with pytest.raises(rl.UserError, match=r"none\.pt: no such file; expected the checkpoint"):
            rl.load_localizer(kind(tmp_path / "none.pt"))
        with pytest.raises(rl.UserError, match="none: no such folder"):
            rl.read_scenario(kind(tmp_path / "none"), SITE)


def test_example_is_short() -> None:
    """The example for a network of one's own has fewer than ten statements."""
    body = ast.parse((ROOT / "examples/attack_own_network.py").read_text()).body

    assert len(body[1:]) < 10
