"""The commands and experiments that the project's documents show to readers: commands and YAML."""

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
# a block in one of these languages, or in none, has only commands
SHELLS = {"", "sh", "bash", "console"}
# an inline span is a command if it begins with one of these programs and has an argument
PROGRAMS = (
    r"apptainer|bash|cat|conda|cp|docker|git|head|ls|mkdir|pip|pre-commit|pytest|python3?|rsync|sbatch|scancel|scontrol|"
    r"snakemake|squeue|tests/cluster/slurm\.sh"
)
COMMAND = re.compile(rf"^(?:[A-Z_]+=\S+ )*(?:{PROGRAMS}) ")


@dataclass(frozen=True)
class Piece:
    """A command or an experiment in a document."""

    document: Path
    text: str

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}: {self.text}"


def commands() -> list[Piece]:
    """Every command of every document: each command of a chain, and inline spans with an argument."""
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
    """Return the fenced blocks with their languages and with continued lines joined, and the text outside of them."""
    blocks = [(language, textwrap.dedent(block).replace("\\\n", " ")) for _, language, block in FENCE.findall(text)]
    return blocks, FENCE.sub("", text)


def spans(prose: str) -> list[str]:
    """List the inline spans, each on one line."""
    return [" ".join(span.split()) for _, span in SPAN.findall(prose)]


def anchors(document: Path) -> set[str]:
    """The anchors of the headings of a document."""
    _, prose = split(document.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ +(.+?) *$", prose, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
