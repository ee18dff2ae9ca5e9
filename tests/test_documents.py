"""Links in Markdown files lead to existing files, headings and functions; versions and paths in documents are right."""

import ast
import re
import tomllib
from pathlib import Path

import documents
import pytest
from workflow_project import ROOT

PAGES = [*documents.DOCUMENTS, ROOT / "CHANGELOG.md"]
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")


def links(page: Path) -> list[tuple[str, str]]:
    """Texts and targets of a page's links to files of the project."""
    _, prose = documents.split(page.read_text(encoding="utf-8"))
    return [(text, target) for text, target in LINK.findall(prose) if "://" not in target]


def definitions(file: Path) -> set[str]:
    """Functions and classes of a module, methods as Class.method."""
    found = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
            found |= {f"{node.name}.{inner.name}" for inner in ast.walk(node) if isinstance(inner, ast.FunctionDef)}
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page: Path) -> None:
    """Files, headings and functions that a page links to exist."""
    missing = []
    for text, target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        named = re.fullmatch(r"`([A-Za-z_.]+)`", text)
        if not file.exists() or (anchor and anchor not in documents.anchors(file)):
            missing.append(target)
        elif named and file.suffix == ".py" and not text.endswith(".py`") and named[1] not in definitions(file):
            missing.append(f"{named[1]} in {target}")
    assert missing == []


def test_every_equation_has_its_place() -> None:
    """The page about the paper has a row for each of (1) to (14)."""
    rows = re.findall(r"^\| (\([\d(), ]+\)) \|.*\]\(", (ROOT / "docs/paper.md").read_text(), flags=re.MULTILINE)
    assert [int(number) for row in rows for number in re.findall(r"\d+", row)] == list(range(1, 15))


def test_every_page_is_in_the_index() -> None:
    """docs/README.md links to every page, and the front page stays short."""
    linked = {target.partition("#")[0] for _, target in links(ROOT / "docs/README.md")}
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")} - {"README.md"}
    assert pages - linked == set()
    assert len((ROOT / "README.md").read_text().splitlines()) <= 220


def test_paths_of_the_front_page() -> None:
    """Files and folders that the front page says to edit exist."""
    _, prose = documents.split((ROOT / "README.md").read_text())
    named = [span for span in documents.spans(prose) if span.startswith(("src/", "tests/", "experiments/", "config."))]
    assert named
    assert [path for path in named if not (ROOT / path.partition("<")[0]).exists()] == []


def test_one_version() -> None:
    """The package, the citation, the container and the newest heading of the changelog have the same version."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## \[(\d\S*)\] - \d{4}-\d\d-\d\d$", changelog, flags=re.MULTILINE)

    assert headings[0] == version
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert set(re.findall(r"robustloc:(\d[\d.]*\d)", (ROOT / "envs/README.md").read_text())) == {version}
