"""The rerun table, rules: what an edited command, another text of the workflow or a default makes due."""

import pytest
import yaml
from smoke_files import (
    ATTACKED,
    CERTIFICATE,
    CERTIFIED,
    DICTIONARY,
    DRAWN,
    EVERYTHING,
    FIG1,
    INDOORS,
    LAYOUT,
    LEADERBOARD,
    NOTHING,
    OF_CSI,
    OF_TRAINING,
    OF_USERS,
    OUTDOORS,
    PROVENANCE,
    REPORT,
    SETS,
    TABLES,
    VERDICTS,
    clean,
    due,
    examined,
    figures,
    indoors,
    judged,
    raw,
    shards,
    users,
)
from workflow_project import SMOKE, Project

# rule file/stage: what an edited command makes due
COMMANDS = {
    "raw/trace": EVERYTHING,
    "adp/adp": EVERYTHING - raw("outdoor", "indoor"),
    "adp/split": EVERYTHING - raw("outdoor", "indoor") - shards("outdoor", 2) - shards("indoor", 1),
    "train/train": OF_TRAINING,
    "attack/csi": OF_CSI,
    "attack/attack": clean(*OUTDOORS, *INDOORS) | SETS | FIG1 | TABLES | OF_USERS,  # clean sets share it
    "attack/worst": indoors("worst") | TABLES | users("indoor_dcnn"),
    "verdict/examine": examined(*ATTACKED) | VERDICTS | TABLES,
    "verdict/transfer": judged(*ATTACKED) - examined(*ATTACKED) | TABLES,
    "verdict/verdicts": VERDICTS | TABLES,
    "certify/certify": CERTIFICATE | CERTIFIED,
    "certify/certified": CERTIFIED,
    "evaluate/evaluate": TABLES,
    "tables/layout": LAYOUT,
    "tables/leaderboard": LEADERBOARD,
    "tables/dictionary": DICTIONARY,
    "figures/figure": FIG1 | DRAWN | OF_USERS | figures("certified"),
    "verify/verify": PROVENANCE,
    "report/report": REPORT,
}

# edit: file, old text, new text, what is due
TEXTS = {
    "a message": ("rules/train.smk", '"Train {', '"Fit {', NOTHING),
    "memory": ("rules/train.smk", "growing(8000)", "growing(9000)", NOTHING),
    "a remark on a rule": ("rules/attack.smk", "rule csi:", "# channels\nrule csi:", NOTHING),
    "a helper of the same outcome": ("rules/common.smk", '"|".join(names)', '"|".join(list(names))', NOTHING),
    "the environment of jobs": ("rules/running.smk", "TQDM_MININTERVAL=10", "TQDM_MININTERVAL=9", NOTHING),
    "a remark in the configuration": ("config.yaml", "seed: 0 ", "# the root\nseed: 0 # or another ", NOTHING),
    "a number in other digits": ("config.yaml", "5.0e+8", "500000000.0", NOTHING),
    "a default": ("config.schema.yaml", "minimum: 1, default: 1.1", "minimum: 1, default: 1.2", VERDICTS | TABLES),
    "a default that is overridden": ("config.schema.yaml", "{default: 10}", "{default: 11}", NOTHING),
    "a description": ("config.schema.yaml", "root of all random numbers", "the root", NOTHING),
    "a remark on the environment": ("envs/robustloc.yaml", "channels:", "# made by hand\nchannels:", NOTHING),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_command(finished: Project, command: str) -> None:
    """Another command of a rule makes its files due, and what is made of them."""
    file, _, stage = command.partition("/")
    old = f"python -m robustloc {stage} "
    with finished.edited(f"rules/{file}.smk", lambda text: text.replace(old, f"nice {old}", 1)):
        assert finished.planned() == due(COMMANDS[command])


@pytest.mark.parametrize("edit", TEXTS)
def test_text(finished: Project, edit: str) -> None:
    """What is written for people or schedulers makes nothing due; a default that is used counts as a value."""
    file, old, new, stale = TEXTS[edit]
    with finished.edited(file, lambda text: text.replace(old, new, 1)):
        assert finished.planned() == due(stale)


@pytest.mark.parametrize("file", ["config.yaml", SMOKE])
def test_order_of_keys(finished: Project, file: str) -> None:
    """Sorting every mapping of a configuration makes nothing due."""
    with finished.edited(file, lambda text: yaml.safe_dump(yaml.safe_load(text), sort_keys=True)):
        assert finished.planned() == NOTHING


def test_order_of_rules(finished: Project) -> None:
    """Rules in another place make nothing due."""
    with finished.edited(
        "rules/figures.smk",
        lambda text: text[text.index("rule figure:") :] + "\n\n" + text[: text.index("rule figure:")],
    ):
        assert finished.planned() == NOTHING
