"""The shipped configurations are valid, and the default and the paper's are what they say."""

import copy
from pathlib import Path

import pytest
import yaml
from configurations import DEFAULT, SCHEMA, merged
from workflow_project import ROOT

from robustloc.experiment import threat_models
from robustloc.experiment.config import check
from robustloc.experiment.entries import is_embedded
from robustloc.experiment.grids import attacked, expanded

EXPERIMENTS = sorted((ROOT / "experiments").glob("*.yaml"))


def test_default_is_valid_and_complete() -> None:
    """The shipped configuration passes; its sections and one scenario state every key that has a default."""
    filled = copy.deepcopy(DEFAULT)
    check(filled, SCHEMA)

    assert filled["training"] == DEFAULT["training"]
    assert filled["crafting"] == DEFAULT["crafting"]
    assert filled["scenarios"]["outdoor"].keys() == DEFAULT["scenarios"]["outdoor"].keys()
    assert filled["scenarios"]["outdoor"]["channel"] == DEFAULT["scenarios"]["outdoor"]["channel"]


@pytest.mark.parametrize("file", EXPERIMENTS, ids=lambda file: file.stem)
def test_experiments_are_valid(file: Path) -> None:
    """Every overlay in experiments/ passes on top of the default."""
    check(merged(DEFAULT, yaml.safe_load(file.read_text())), SCHEMA)


def test_default_covers_the_paper() -> None:
    """The default runs both scenes, both models, plain and defended, under the paper's attacks at five epsilons.

    The headline `worst` and its costly members are run at the reference epsilon alone.
    """
    filled = copy.deepcopy(DEFAULT)
    check(filled, SCHEMA)
    sets = attacked(expanded(filled["grids"], threat_models.members(filled)), threat_models.budgets(filled))

    for scenario in ("outdoor", "indoor"):
        for model in ("dcnn", "neural_ode"):
            for defence in ("none", "adversarial"):
                at_all = dict.fromkeys(("fgsm", "fgm", "pgd", "mim", "pgd_linf", "noise"), 5)
                for attack, count in (at_all | dict.fromkeys(("directions", "square", "worst"), 1)).items():
                    wanted = {"scenario": scenario, "model": model, "defence": defence, "attack": attack}
                    assert sum(wanted.items() <= cell.items() for cell in sets) == count


@pytest.mark.parametrize(("source", "outdoor"), [({}, False), ({"source": "embedded"}, True)])
def test_source(source: dict, outdoor: bool) -> None:
    """An overlay that names a folder turns an embedded scenario into a download, unless source says otherwise."""
    downloads = {
        "outdoor": {"raw": {"folder": "O1_3p5"}},
        "city": DEFAULT["scenarios"]["outdoor"] | {"raw": {"folder": "c"}},
    }
    content = merged(DEFAULT, source | {"scenarios": downloads})
    check(content, SCHEMA)

    assert {name: is_embedded(content, name) for name in content["scenarios"]} == {
        "outdoor": outdoor,
        "indoor": True,
        "city": False,
    }


def test_paper_is_at_full_scale() -> None:
    """The paper's experiment uses every user of its rows, and expects the paper's counts."""
    content = merged(DEFAULT, yaml.safe_load((ROOT / "experiments/paper.yaml").read_text()))
    check(content, SCHEMA)

    for name, per_row in (("outdoor", 181), ("indoor", 121)):
        scenario = content["scenarios"][name]
        first, last = scenario["users"]["rows"]
        assert (last - first + 1) * per_row == sum(scenario["split"]["expected"])
        assert scenario["users"]["row_step"] == scenario["users"]["column_step"] == 1
        assert is_embedded(content, name)
        assert not is_embedded(content | {"source": "deepmimo"}, name)
