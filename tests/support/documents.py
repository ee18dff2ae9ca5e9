"""What the project's documents tell people to type: commands, experiments as YAML, links."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from workflow_project import ROOT

DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "envs/README.md", *(ROOT / "docs").rglob("*.md")]
)
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", flags=re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", flags=re.DOTALL)
# a block of these, or of no language, holds commands and nothing else
SHELLS = {"", "sh", "bash", "console"}
# an inline span that begins with one of these and goes on is a command
PROGRAMS = (
    r"apptainer|bash|cat|conda|cp|docker|git|head|ls|mkdir|pip|pre-commit|pytest|python3?|rsync|sbatch|scancel|scontrol|"
    r"snakemake|squeue|tests/cluster/slurm\.sh"
)
COMMAND = re.compile(rf"^(?:[A-Z_]+=\S+ )*(?:{PROGRAMS}) ")


@dataclass(frozen=True)
class Piece:
    """Something that a document holds."""

    document: Path
    text: str

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}: {self.text}"


def commands() -> list[Piece]:
    """Every command of every document, also those of a chain; the ones between backquotes if they go beyond a name."""
    found = []
    for document in DOCUMENTS:
        blocks, prose = split(document.read_text(encoding="utf-8"))
        lines = [line for language, block in blocks if language in SHELLS for line in block.splitlines()]
        lines += [span for span in spans(prose) if COMMAND.match(span)]
        found += [
            Piece(document, part.strip())
            for line in lines
            if line.strip() and not line.startswith("#")
            for part in re.split(r" (?:&&|\|\|) ", line)
        ]
    return found


def experiments() -> list[Piece]:
    """Every block of YAML."""
    texts = {document: split(document.read_text(encoding="utf-8"))[0] for document in DOCUMENTS}
    return [Piece(file, block) for file, blocks in texts.items() for language, block in blocks if language == "yaml"]


def split(text: str) -> tuple[list[tuple[str, str]], str]:
    """Return the fenced blocks with their languages, continued lines joined, and the text without them."""
    blocks = [(language, textwrap.dedent(block).replace("\\\n", " ")) for _, language, block in FENCE.findall(text)]
    return blocks, FENCE.sub("", text)


def spans(prose: str) -> list[str]:
    """List what stands between backquotes, on one line each."""
    return [" ".join(span.split()) for _, span in SPAN.findall(prose)]


def anchors(document: Path) -> set[str]:
    """The names under which a document's headings are linked to."""
    _, prose = split(document.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ +(.+?) *$", prose, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
