"""Conventions of the rules, as their text shows them."""

import re

from workflow_project import ROOT


def test_small_jobs_are_local() -> None:
    """A job that asks for no memory and time is not submitted to a cluster, but for tracing, which takes minutes."""
    local = re.search(r"^localrules:\n((?:    \w+,\n)+)", (ROOT / "Snakefile").read_text(), flags=re.MULTILINE)[1]
    text = "\n".join(file.read_text() for file in sorted((ROOT / "rules").glob("*.smk")))
    rules = dict(re.findall(r"^rule (\w+):\n((?:    .*\n|\n)+)", text, flags=re.MULTILINE))
    small = {name for name, body in rules.items() if "    shell:" in body and "    resources:" not in body}

    assert set(re.findall(r"\w+", local)) == small - {"trace"}
