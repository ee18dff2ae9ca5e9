"""Reruns after an edit of the workflow: jobs whose command or default changed are due, and all jobs after them."""

from contextlib import ExitStack

import pytest
import yaml
from smoke_files import NOTHING, due, following, matching
from workflow_project import SMOKE, Project

# stage: the rules whose commands run it
COMMANDS = {"trace": {"trace"}, "attack": {"attack", "clean"}, "figure": {"figure"}}

# texts for people or schedulers: file or folder, old text, new text
TEXTS = {
    "a message": ("rules", '"Train {', '"Fit {'),
    "memory": ("rules", "growing(8000)", "growing(9000)"),
    "a remark on a rule": ("rules", "rule csi:", "# channels\nrule csi:"),
    "the environment of jobs": ("src/robustloc/jobs/shell.py", "TQDM_MININTERVAL=10", "TQDM_MININTERVAL=9"),
    "a number in other digits": ("config.yaml", "5.0e+8", "500000000.0"),
    "a default that is overridden": ("config.schema.yaml", "{default: 10}", "{default: 11}"),
    "a description": ("config.schema.yaml", "root of all random numbers", "the root"),
    "a remark on the environment": ("envs/robustloc.yaml", "channels:", "# made by hand\nchannels:"),
}


def holding(project: Project, place: str, text: str) -> str:
    """The file at or below a path that contains a text."""
    root = project.folder / place
    found = next(file for file in (sorted(root.glob("*.smk")) if root.is_dir() else [root]) if text in file.read_text())
    return str(found.relative_to(project.folder))


@pytest.mark.parametrize("stage", COMMANDS)
def test_command(finished: Project, stage: str) -> None:
    """Another command makes the jobs of its rules due, and all jobs after them."""
    old = f"python -m robustloc.jobs {stage} "
    with finished.edited(holding(finished, "rules", old), lambda text: text.replace(old, f"nice {old}", 1)):
        jobs = finished.jobs()

    assert due(jobs) == following(jobs, lambda job: job["rule"] in COMMANDS[stage])


def test_default(finished: Project) -> None:
    """Another default makes the jobs due that read it, and all jobs after them."""
    old, new = "maximum: 1, default: 0.95", "maximum: 1, default: 0.9"
    with finished.edited("config.schema.yaml", lambda text: text.replace(old, new, 1)):
        jobs = finished.jobs()

    assert due(jobs) == following(jobs, matching("tables/verdicts.csv"))


def rules_reordered(text: str) -> str:
    """Move the last rule of a file before the others."""
    head, *rules = text.split("\n\nrule ")
    return "\n\nrule ".join([head, rules[-1], *rules[:-1]])


def keys_sorted(text: str) -> str:
    """The configuration with every mapping sorted and without comments."""
    return yaml.safe_dump(yaml.safe_load(text), sort_keys=True)


def test_edits_of_no_consequence(finished: Project) -> None:
    """Texts for people or schedulers, and the order of rules and keys, make nothing due."""
    with ExitStack() as edits:
        for place, old, new in TEXTS.values():
            file = holding(finished, place, old)
            edits.enter_context(finished.edited(file, lambda text, old=old, new=new: text.replace(old, new, 1)))
        edits.enter_context(finished.edited(holding(finished, "rules", "\n\nrule figure:"), rules_reordered))
        for file in ("config.yaml", SMOKE):
            edits.enter_context(finished.edited(file, keys_sorted))

        assert due(finished.jobs()) == NOTHING
