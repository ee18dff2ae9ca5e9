"""What planning reads of a plugin without importing it."""

from pathlib import Path

import pytest

from robustloc.base import plugins
from robustloc.base.errors import UserError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with one attack, whose import would fail."""
    monkeypatch.setattr(plugins, "PACKAGE", tmp_path)
    (tmp_path / "attacks").mkdir()
    text = 'import nothing_of_this_name\nTITLE = "a title"\nSIZES = (1, 2)\nCOMPUTED = len(TITLE)\n'
    (tmp_path / "attacks" / "mine.py").write_text(text + "def perturb():\n    INNER = 1\n")
    plugins.constant.cache_clear()
    yield tmp_path
    plugins.constant.cache_clear()


@pytest.mark.parametrize(("name", "value"), [("TITLE", "a title"), ("SIZES", (1, 2))])
def test_constant(package: Path, name: str, value: object) -> None:
    """A literal at the top level of the file is read as its value, even where there is a default."""
    assert plugins.constant("attacks", "mine", name) == value
    assert plugins.constant("attacks", "mine", name, None) == value


@pytest.mark.parametrize("name", ["INNER", "COMPUTED"])
def test_wrong_constant(package: Path, name: str) -> None:
    """A missing constant is an error that names the file, and so is a computed one."""
    with pytest.raises(UserError, match=rf"mine\.py: expected a line {name} = …, with a literal"):
        plugins.constant("attacks", "mine", name)


def test_optional_constant(package: Path) -> None:
    """A file that does not define an optional constant has the default."""
    assert plugins.constant("attacks", "mine", "INNER", False) is False
    with pytest.raises(UserError, match="expected a line COMPUTED"):
        plugins.constant("attacks", "mine", "COMPUTED", False)


def test_types_of_provided_parameters(package: Path) -> None:
    """Only the parameters of the plugin itself need a type; the caller fills in the others."""
    (package / "attacks/typed.py").write_text("def perturb(loss, x, *, eps, norm, generators, steps: int = 3): ...\n")

    found = plugins.options("attacks", "typed")

    assert found["steps"] == plugins.Option("int", False, 3)
    assert found["eps"] == plugins.Option("", True)


@pytest.mark.parametrize("content", [b"TITLE = 'caf\xe9'", b"TITLE = '\0'", b"def perturb(:"])
def test_no_python(package: Path, content: bytes) -> None:
    """A file that Python cannot read is an error that names it."""
    (package / "attacks" / "other.py").write_bytes(content)

    for read in (plugins.options, plugins.constant):
        with pytest.raises(UserError, match=r"other\.py: expected"):
            read("attacks", "other", *["TITLE"] * (read is plugins.constant))


def test_parameters_of_an_attack(package: Path) -> None:
    """An attack takes what every caller passes."""
    (package / "attacks" / "other.py").write_text("def perturb(loss, x, *, eps: float, norm: str): ...")
    with pytest.raises(UserError, match=r"other\.py: perturb\(\) needs the keyword-only parameters generators; add"):
        plugins.options("attacks", "other")
    (package / "attacks" / "any.py").write_text("def perturb(loss, x, *, steps: int = 1, **others): ...")
    assert list(plugins.options("attacks", "any")) == ["steps"]
