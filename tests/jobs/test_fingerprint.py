"""Code fingerprints depend on the meaning of the reachable code, not on its bytes and times."""

import ast
import importlib
import os
import sys
from pathlib import Path

import pytest

from robustloc.base import plugins
from robustloc.jobs import fingerprint

STAGES = plugins.names("stages")
PROGRAMS = {"inspect", "verify"}  # they write files that no other job reads

PACKAGE = {
    "__init__.py": "import robustloc.room.other\n",
    "stages/__init__.py": "",
    "stages/one.py": "from robustloc.room import helper\nfrom robustloc.room.deep.inner import thing\n",
    "stages/two.py": "import robustloc.room.other\n",
    "room/__init__.py": "",
    "room/helper.py": "import numpy\n\n\ndef f(x):\n    # a remark\n    return x + 1\n",
    "room/other.py": "y = 1\n",
    "room/deep/__init__.py": "",
    "room/deep/inner.py": "thing = 3\n",
    "room/deep/plugin.py": "import robustloc.room.other\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made-up package in place of ours."""
    folder = tmp_path / "robustloc"
    for name, text in PACKAGE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.setattr(fingerprint, "PACKAGE", folder)
    return folder


def fresh(*modules: str) -> str:
    """Fingerprint as a fresh process would."""
    for function in (fingerprint.code, fingerprint._read, fingerprint._module_files):
        function.cache_clear()
    return fingerprint.code(*modules)


def reached(text: str) -> set[str]:
    """Names of the modules in a fingerprint."""
    return {part.split("@")[0] for part in text.split()} - {"harness"}


def test_closure(package: Path) -> None:
    """A stage's fingerprint has exactly the modules that it can import, with the packages on the way."""
    ways = {"stages.__init__", "room.__init__"}
    inner = {"room.helper", "room.deep.__init__", "room.deep.inner"}

    assert reached(fresh("stages.one")) == ways | {"stages.one"} | inner
    assert reached(fresh("stages.two")) == ways | {"stages.two", "room.other"}
    assert "room.other" in reached(fresh("stages.one", "room.deep.plugin"))


def test_public_face(package: Path) -> None:
    """The package's top ``__init__`` is in no fingerprint, and no module may import another one through it."""
    before = fresh("stages.one")
    (package / "__init__.py").write_text("import robustloc.room.deep.plugin\n")
    assert fresh("stages.one") == before

    for line in ("import robustloc", "from robustloc import attack"):
        (package / "room/helper.py").write_text(f"{line}\n")
        with pytest.raises(ValueError, match=r"helper\.py: import from a module .*, not from robustloc"):
            fresh("stages.one")


def test_format(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The harness's format number is part of every fingerprint."""
    before = fresh("stages.one"), fresh("stages.two")

    monkeypatch.setattr(fingerprint, "FORMAT", fingerprint.FORMAT + 1)

    assert all(fresh(f"stages.{name}") != text for name, text in zip(("one", "two"), before, strict=True))


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("import numpy\n\n\ndef f(x):\n    return x + 1  # another remark\n", False),
        ('"""Now with words."""\nimport numpy\n\n\ndef f(x):\n    """Add one."""\n    return (x + 1)\n', False),
        ("import numpy\n\n\ndef f(x):\n    return x + 2\n", True),
        ("import numpy\n\n\ndef f(y):\n    return y + 1\n", True),
    ],
)
def test_meaning(package: Path, text: str, changes: bool) -> None:
    """Comments, docstrings and layout do not change a fingerprint; code that runs does."""
    before = fresh("stages.one"), fresh("stages.two")

    (package / "room/helper.py").write_text(text)
    os.utime(package / "room/helper.py", (1, 1))

    assert (fresh("stages.one") != before[0]) == changes
    assert fresh("stages.two") == before[1]


def test_unknown_module(package: Path) -> None:
    """A missing module is an error, not an empty fingerprint."""
    with pytest.raises(FileNotFoundError, match="no module"):
        fresh("stages.three")


def test_data_of_a_package(package: Path) -> None:
    """Fingerprints contain the data files beside the modules that they contain, by bytes, and no others."""
    before = fresh("stages.two")
    (page := package / "room/deep/page.html").write_text("<p>")
    first = fresh("stages.one")
    page.write_text("<p> ")

    assert "room/deep/page.html" in reached(first)
    assert fresh("stages.one") != first
    assert fresh("stages.two") == before


def test_section_is_sorted() -> None:
    """The order of keys in the configuration does not change the text; values do."""
    first = fingerprint.section(b={"y": 1, "x": [1.0, "{a} 'b'"]}, a=None)

    assert first == fingerprint.section(a=None, b={"x": [1.0, "{a} 'b'"], "y": 1})
    assert first != fingerprint.section(a=None, b={"x": [1.0, "{a} 'b'"], "y": 2})


def held() -> set[str]:
    """Names of the modules of this package that this process holds."""
    return {name for name in sys.modules if name.partition(".")[0] == "robustloc"}


def loaded_by(module: str) -> set[str]:
    """Modules of this package that a process without any of them loads when it imports one."""
    ours = {name: sys.modules.pop(name) for name in held()}
    try:
        importlib.import_module(f"robustloc.{module}")
        return {name.removeprefix("robustloc.") for name in held() - {"robustloc"}}
    finally:
        for name in held():
            del sys.modules[name]
        sys.modules.update(ours)


@pytest.mark.parametrize("stage", STAGES)
def test_closure_covers_what_is_imported(stage: str) -> None:
    """Every module of this package that a stage loads is in its fingerprint, and no other stage is."""
    loaded = loaded_by(f"stages.{stage}")

    closure = {name.removesuffix(".__init__") for name in reached(fresh(f"stages.{stage}"))}

    assert f"stages.{stage}" in loaded <= closure
    assert {name for name in closure if name.startswith("stages.")} == {f"stages.{stage}"}
    assert stage in PROGRAMS or not any(name.startswith("jobs") for name in closure), "a stage reaches the harness"


def test_no_hidden_imports() -> None:
    """Only `plugins` imports by computed names, which rules name; the fork server imports no module of ours."""
    computed = []
    for file in fingerprint.PACKAGE.rglob("*/**/*.py"):
        calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
        if any("import_module" in ast.unparse(call.func) or "__import__" in ast.unparse(call.func) for call in calls):
            computed.append(str(file.relative_to(fingerprint.PACKAGE)))

    assert sorted(computed) == ["base/plugins.py", "jobs/fork_server.py"]
