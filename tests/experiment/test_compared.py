"""The comparisons of an experiment: which pairs, attacks, budgets and seeds, and which entries are refused."""

import pytest
from configurations import filled

from robustloc.base.errors import UserError
from robustloc.experiment import grids, job_inputs
from robustloc.experiment.comparisons import compared
from robustloc.experiment.experiment import Experiment

GRID = {"scenarios": ["indoor"], "models": ["dcnn", "resnet"], "defences": ["none", "adversarial"], "seeds": [0, 1]}
ENTRY = {"models": ["dcnn"], "defences": ["none", "adversarial"], "control": {"model": "resnet"}}


def configured(*entries: dict, **grid: object) -> dict:
    """Fill in a configuration with these comparisons."""
    return filled({"grids": [GRID | {"attacks": ["worst"]} | grid], "comparisons": list(entries), "figures": []})


def test_pairs() -> None:
    """Each model and defence is compared with its control, without attack and under worst at the reference epsilon."""
    found = compared(configured(ENTRY))

    assert [(one["attack"], one["budget"], one["first"], one["second"]) for one in found] == [
        (attack, budget, {"model": "dcnn", "defence": defence}, {"model": "resnet", "defence": defence})
        for attack, budget in (("clean", ""), ("worst", "eps0.003"))
        for defence in ("adversarial", "none")
    ]
    assert all(one["seeds"] == [[0, 1], [0, 1]] for one in found)
    assert compared(configured(ENTRY, ENTRY)) == found


def test_control_of_another_defence() -> None:
    """What the control does not name is that of the localizer."""
    (pair,) = compared(configured(ENTRY | {"defences": ["adversarial"], "attacks": [], "control": {"defence": "none"}}))

    assert (pair["first"], pair["second"]) == (
        {"model": "dcnn", "defence": "adversarial"},
        {"model": "dcnn", "defence": "none"},
    )


def test_attacks_over_the_air() -> None:
    """An attack over the air is compared at every power."""
    attack = {"adp_pgd": {"plugin": "gradient", "norm": "l2", "domain": "adp", "minimum": 0.0}}
    overlay = {"grids": [GRID | {"attacks": ["adp_pgd"]}], "comparisons": [ENTRY | {"attacks": ["adp_pgd"]}]}
    found = compared(filled(overlay | {"attacks": attack, "figures": []}))

    assert {one["budget"] for one in found} == {"", "psr-40", "psr-20"}


def test_files() -> None:
    """The tables list the comparisons only if there are some; their rule reads the compared sets and no others."""
    run, without = Experiment(configured(ENTRY | {"defences": ["none"]})), Experiment(configured())

    assert "<experiment>/tables/comparisons.csv" in run.tables()
    assert not [file for file in without.tables() if "comparisons" in file]
    assert without.compared_sets() == []
    names = ("clean.parquet", "worst/eps0.003.parquet")
    expected = {f"<results>/indoor/{m}/none/seed{s}/{f}" for m in ("dcnn", "resnet") for s in (0, 1) for f in names}
    assert set(run.compared_sets()) == expected
    assert len(run.compared_sets()) == len(expected)


def test_more_seeds_change_the_comparison() -> None:
    """Seeds and pairs are part of what the rule reads; cells that no comparison names are not."""
    before, seeds = (job_inputs.compare(Experiment(configured(ENTRY, **more))) for more in ({}, {"seeds": [0, 1, 2]}))
    models = job_inputs.compare(Experiment(configured(ENTRY, models=["dcnn", "resnet", "neural_ode"])))

    assert before != seeds
    assert before == models
    assert grids.sides(seeds["comparisons"][0])[1][2] == "indoor/resnet/adversarial/seed2/clean.parquet"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"control": {"model": "wknn"}},
            r"comparisons\[0\]: no grid computes scenario indoor, model wknn, defence none",
        ),
        (
            {"attacks": ["fgsm"]},
            r"comparisons\[0\]: no grid .* attack fgsm, budget eps0.003; add it to grids, or change",
        ),
        ({"scenarios": ["outdoor"]}, r"comparisons\[0\]: no grid computes scenario outdoor"),
        ({"models": ["resnet"]}, r"comparisons\[0\]: compares resnet under none with itself; change control"),
        ({"control": {"model": "resnat"}}, r"comparisons\[0\]\.control\.model: .*resnat.*resnet"),
        ({"attacks": ["wurst"]}, r"comparisons\[0\]\.attacks: .*wurst.*worst"),
        ({"control": {}}, r"comparisons\[0\]\.control: "),
        ({"control": {"seed": 1}}, r"comparisons\[0\]\.control"),
    ],
)
def test_refused(entry: dict, message: str) -> None:
    """The message names the key and what no grid computes."""
    with pytest.raises(UserError, match=message):
        configured(ENTRY | entry)


def test_no_common_seed() -> None:
    """Localizers without a common seed cannot be compared."""
    grid = {"scenarios": ["indoor"], "models": ["dcnn"]}
    overlay = {"grids": [grid, grid | {"models": ["resnet"], "seeds": [1, 2]}], "figures": []}

    with pytest.raises(
        UserError, match=r"expected a common seed of dcnn under none and resnet under none, found 0 and 1, 2"
    ):
        filled(overlay | {"comparisons": [ENTRY | {"defences": ["none"], "attacks": []}]})
