"""Constants of plugins are read from their files, which are not imported."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from robustloc.base import plugins
from robustloc.base.errors import UserError

TEXT = """
READS = "summary"
COLUMNS = ("user", "adp")
COUNT = len(COLUMNS)
raise RuntimeError("this file was imported")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package with one kind of figure."""
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures/mine.py").write_text(TEXT)
    monkeypatch.setattr(plugins, "PACKAGE", tmp_path)
    plugins.constant.cache_clear()
    yield
    plugins.constant.cache_clear()


@pytest.mark.usefixtures("package")
def test_constant() -> None:
    """A constant is read without running its file."""
    assert plugins.constant("figures", "mine", "READS") == "summary"
    assert plugins.constant("figures", "mine", "COLUMNS") == ("user", "adp")


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("key", ["TITLE", "COUNT"])
def test_no_literal(key: str) -> None:
    """A constant that is missing or computed is an error that names the file and the constant."""
    with pytest.raises(UserError, match=rf"mine\.py: expected a line {key} = …, with a literal"):
        plugins.constant("figures", "mine", key)


@pytest.mark.usefixtures("package")
def test_no_file() -> None:
    """The error about a missing file lists the files that exist."""
    with pytest.raises(UserError, match=r"no figure plugin 'your'; src/robustloc/figures/ holds: mine$"):
        plugins.constant("figures", "your", "READS")
