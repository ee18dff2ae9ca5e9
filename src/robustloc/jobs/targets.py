"""Words of the command line that should name a rule or a file that the workflow makes, and what they may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # imported while Snakemake imports itself otherwise
    from snakemake.workflow import Workflow


def mistakes(workflow: "Workflow") -> str:
    """Describe the targets, and the words of --forcerun, --until and --omit-from, that name nothing; empty if all do.

    Args:
        workflow: with its rules and its settings, before its jobs are planned.
    """
    named = {*map(str, workflow.dag.targetfiles), *workflow.dag_settings.omit_from}
    wrong = [
        word
        for word in sorted(named)
        if not workflow.is_rule(word) and not workflow.dag.output_index.match_producers(word)
    ]
    if not wrong:
        return ""
    rules = [rule.name for rule in workflow.rules if not rule.has_wildcards()]
    # the default target lists every file of the experiment
    files = [str(file) for file in workflow.get_rule(workflow.default_target).input if not callable(file)]
    return "\n".join(_mistake(word, rules, files) for word in wrong)


def _mistake(word: str, rules: Iterable[str], files: Iterable[str]) -> str:
    """Describe a word that names nothing, with the nearest rule or file; files are also known by their last part."""
    meant = {Path(file).name: file for file in files} | {name: name for name in (*rules, *files)}
    close = get_close_matches(word, meant, 1)
    suggestion = f"did you mean {meant[close[0]]!r}? " if close else ""
    return (
        f"{word}: expected a rule or a file that this experiment makes, found neither; {suggestion}"
        "`snakemake --list` lists the rules"
    )
