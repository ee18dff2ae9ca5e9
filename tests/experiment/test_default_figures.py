"""Every scenario and model has default figures, in any order of names."""

import copy

import pytest
from configurations import LIBRARY, SCHEMA, merged

from robustloc.base.errors import UserError
from robustloc.experiment import default_figures, job_inputs, threat_models
from robustloc.experiment.config import check
from robustloc.experiment.experiment import Experiment
from robustloc.experiment.grids import attacked, expanded, localizers

OUTDOORS = {"scenarios": ["outdoor"], "defences": ["none"], "seeds": [0], "attacks": []}


def found(*grids: dict, **keys: object) -> dict[str, dict]:
    """The figures of the default experiment, or of other grids and keys."""
    content = copy.deepcopy(LIBRARY) | keys
    if grids:
        content |= {"grids": [OUTDOORS | grid for grid in grids], "figures": []}
    check(content, SCHEMA)
    return default_figures.figures(content, expanded(content["grids"], threat_models.members(content)))


def test_default() -> None:
    """Each scenario and model has a map and a cdf; if attacked, also a power figure and a gallery."""
    figures = found()

    models, places = ("wknn", "resnet", "dcnn", "neural_ode"), ("outdoor", "indoor")
    plain = {f"{place}_constant" for place in places}
    attacked = {f"{place}_{model}" for place in places for model in models}
    attacked |= {f"indoor_neural_ode_{blocks}" for blocks in (2, 3, 4)}
    assert figures.keys() == {f"{kind}_{name}" for kind in ("map", "cdf") for name in plain | attacked} | {
        f"{kind}_{name}" for kind in ("power", "gallery") for name in attacked
    }
    assert figures["map_outdoor_dcnn"] == {
        "name": "map_outdoor_dcnn",
        "kind": "map",
        "scenario": "outdoor",
        "model": "dcnn",
        "defences": ["none", "adversarial"],
        "attack": "worst",
        "epsilon": 0.03,
    }
    assert "attack" not in figures["cdf_indoor_constant"]
    assert "directions" in figures["power_indoor_dcnn"]["attacks"]  # a member of worst
    assert figures["gallery_indoor_neural_ode_4"]["attack"] == "fgsm"


def test_figures_are_valid() -> None:
    """A configuration that lists all default figures is valid."""
    check(copy.deepcopy(LIBRARY) | {"figures": list(found().values())}, SCHEMA)


def test_order_of_names() -> None:
    """The order of names does not change the figures."""
    one = {"models": ["dcnn"], "defences": ["trades", "none"], "seeds": [2, 1], "attacks": ["pgd_linf", "fgsm"]}
    other = {"models": ["dcnn"], "defences": ["none", "trades"], "seeds": [1, 2], "attacks": ["fgsm", "pgd_linf"]}

    assert found(one) == found(other)
    gallery = found(one)["gallery_outdoor_dcnn"]
    assert (gallery["defence"], gallery["seed"], gallery["attack"]) == ("none", 1, "fgsm")


@pytest.mark.parametrize(
    ("attacks", "shown"),
    [
        (["fgsm", "worst"], "worst"),
        (["noise", "pgd_linf", "csi_pgd"], "noise"),
        (["to_north", "transfer_dcnn", "universal"], "universal"),
        (["to_north", "transfer_dcnn"], "to_north"),
        (["csi_pgd"], None),
    ],
)
def test_attack_shown(attacks: list[str], shown: str | None) -> None:
    """Figures show an ensemble, else the first attack with epsilons and no target; maps show no attack over the air."""
    figures = found({"models": ["dcnn"], "attacks": attacks})

    assert figures["map_outdoor_dcnn"].get("attack") == shown
    assert ("gallery_outdoor_dcnn" in figures) == (shown is not None)
    assert set(attacks) <= set(figures["power_outdoor_dcnn"]["attacks"])


def test_nearest_epsilon() -> None:
    """If the reference epsilon is not attacked, figures show the nearest one."""
    scenarios = copy.deepcopy(LIBRARY["scenarios"])
    scenarios["outdoor"]["reference_epsilon"] = 0.044

    figures = found({"models": ["dcnn"], "attacks": ["fgsm"]}, scenarios=scenarios)
    assert figures["cdf_outdoor_dcnn"]["epsilon"] == 0.04


def test_grids_at_the_reference_alone_compute_what_is_shown() -> None:
    """If only a scenario's epsilons change, its grids at the reference epsilon attack at the nearest of them."""
    content = merged(LIBRARY, {"scenarios": {"outdoor": {"epsilons": [0.02, 0.05]}}})
    content["grids"] = [OUTDOORS | {"models": ["wknn", "resnet"], "attacks": ["fgsm"], "epsilons": "reference"}]
    content["figures"] = []
    content["comparisons"] = [{"models": ["resnet"], "control": {"model": "wknn"}, "attacks": ["fgsm"]}]
    check(content, SCHEMA)
    run = Experiment(content)

    assert run.figures["gallery_outdoor_wknn"]["epsilon"] == 0.02
    sets = job_inputs.figure_files(run, "gallery_outdoor_wknn")["sets"]
    assert [file.rpartition("wknn/")[2] for file in sets] == ["none/seed0/fgsm/eps0.02.parquet"]
    assert job_inputs.leaderboard(run)["epsilons"]["outdoor"] == 0.02
    assert [one["budget"] for one in run.comparisons] == ["", "eps0.02"]


def test_no_gallery_without_profiles() -> None:
    """Without stored profiles there is no gallery."""
    crafting = LIBRARY["crafting"] | {"keep_adps": False}

    figures = found({"models": ["dcnn"], "attacks": ["fgsm"]}, crafting=crafting)
    assert list(figures) == ["map_outdoor_dcnn", "cdf_outdoor_dcnn", "power_outdoor_dcnn"]


def test_names_that_run_into_one() -> None:
    """Two pairs of scenario and model whose figures would have equal names are an error."""
    scenarios = LIBRARY["scenarios"] | {"outdoor_a": LIBRARY["scenarios"]["outdoor"]}
    models = {"a_b": {"plugin": "constant"}, "b": {"plugin": "constant"}}
    grids = [{"models": ["a_b"]}, {"models": ["b"], "scenarios": ["outdoor_a"]}]

    with pytest.raises(UserError, match=r"models\.b: with scenario outdoor_a .* map_outdoor_a_b"):
        found(*grids, scenarios=scenarios, models=LIBRARY["models"] | models)


def test_described() -> None:
    """The report's figures have the title and the section that their kind names."""
    figures = {"m": {"name": "m", "kind": "map"}, "c": {"name": "c", "kind": "certified"}}

    assert default_figures.described(figures) == [
        {"name": "m", "kind": "map", "title": "errors on the floor plan", "section": "models"},
        {"name": "c", "kind": "certified", "title": "certified errors", "section": "certificates"},
    ]


def test_sets() -> None:
    """A map needs the sets of all its defences and seeds: the clean ones, and the ones of its attack and epsilon."""
    grid = {"scenarios": ["o"], "models": ["m", "n"], "defences": ["b", "none"], "seeds": [1, 0], "attacks": ["x", "y"]}
    computed = [*localizers([grid]), *attacked([grid], {"all": {"o": {"x": ["eps0.1", "eps0.2"], "y": ["eps0.1"]}}})]
    figure = {"scenario": "o", "model": "m", "defences": ["none", "b"]}

    assert default_figures.sets(figure | {"attack": "x", "epsilon": 0.10}, computed) == [
        f"o/m/{defence}/seed{seed}/{file}.parquet"
        for defence in ("none", "b")
        for file in ("clean", "x/eps0.1")
        for seed in (0, 1)
    ]
    assert default_figures.sets(figure, computed) == [
        f"o/m/{defence}/seed{seed}/clean.parquet" for defence in ("none", "b") for seed in (0, 1)
    ]
    one = {"scenario": "o", "model": "n", "defence": "b", "seed": 1, "attack": "y", "epsilon": 0.1}
    assert default_figures.sets(one, computed) == ["o/n/b/seed1/y/eps0.1.parquet"]
