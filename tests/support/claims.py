"""Sentences of the front page that compare localizers, and the rows of tables of comparisons that they rest on."""

import re
from pathlib import Path
from typing import NamedTuple

# what a sentence may say, and the finding that it needs; no table yet: None
WORDS = {
    "larger error": "larger",
    "smaller error": "smaller",
    "no difference shown": "no difference shown",
    "not compared yet": None,
}
CLAIM = re.compile(r"\* In `(\w+)`, (\w+), (?:under `(\w+)`|without attack): `([^`]+)` against `([^`]+)`: ([\w ]+)\.")
# prose that compares localizers must be a claim of the list
COMPARES = re.compile(
    r"\b(best|worse|reduces?)\b|"
    r"\b(more|less|most|least) (robust|accurate)|\b(weak|strong|bett|wors|larg|small|low|high)(er|est)\b"
)


class Claim(NamedTuple):
    """A sentence: experiment, scenario, attack (``clean`` without one), localizer, control, and what it says."""

    experiment: str
    scenario: str
    attack: str
    localizer: str
    control: str
    says: str


def claims(section: str) -> tuple[list[Claim], str]:
    """Return the claims of a section, and the rest of its text.

    Raises:
        ValueError: an item of its list is no claim.
    """
    found, rest = [], []
    for line in section.splitlines():
        match = CLAIM.fullmatch(line)
        if line.startswith("* ") and (not match or match[6] not in WORDS):
            raise ValueError(f"expected a claim ({CLAIM.pattern}) that says {', '.join(WORDS)}; found {line!r}")
        if match:
            found.append(Claim(*match.groups(default="clean")))
        else:
            rest.append(line)
    return found, "\n".join(rest)


def findings(table: Path) -> dict[tuple[str, str, str, str], set[str]]:
    """Read a comparisons.md: scenario, attack, localizer, control -> findings, several under an attack over the air."""
    found: dict[tuple[str, str, str, str], set[str]] = {}
    scenario, head = "", []
    for line in table.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("## "):
            scenario, head = line.removeprefix("## ").partition(":")[0], []
        elif line.startswith("|") and not head:
            head = cells
        elif line.startswith("|") and not line.startswith("|:"):
            row = dict(zip(head, cells, strict=True))
            key = (scenario, row["attack"].partition(" ")[0], row["localizer"], row["control"])
            found.setdefault(key, set()).add(row["finding"])
    return found


def unsupported(claims: list[Claim], folder: Path) -> list[str]:
    """List the claims that say something else than their row of ``<experiment>_comparisons.md`` in a folder."""
    wrong = []
    for claim in claims:
        table = folder / f"{claim.experiment}_comparisons.md"
        rows = findings(table).get(claim[1:5], {"no such row"}) if table.exists() else {None}
        if rows != {WORDS[claim.says]}:
            shown = ", ".join(sorted(map(str, rows))) if table.exists() else "no such table"
            wrong.append(f"{' '.join(claim)}; {table.name}: {shown}")
    return wrong
