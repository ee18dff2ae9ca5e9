"""Attacks of a configuration: budgets, ensembles, domains, targets, surrogates, and mistakes in these."""

import copy
from functools import partial

import pytest
from configurations import DEFAULT, LIBRARY, SCHEMA, merged

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.experiment import localizers, threat_models
from robustloc.experiment.config import check
from robustloc.experiment.entries import origin
from robustloc.experiment.experiment import Experiment
from robustloc.experiment.grids import expanded, trained

NONE = {"figures": []}
GRID = {"scenarios": ["outdoor"], "models": ["dcnn"], "defences": ["none"], "seeds": [2]}


def filled(overlay: dict) -> dict:
    """The shipped configuration under an overlay, checked."""
    content = merged(LIBRARY, overlay)
    check(content, SCHEMA)
    return content


def test_budgets() -> None:
    """Attacks on the input have the epsilons, or the one nearest to the reference; attacks over the air have ratios."""
    scenarios = {"outdoor": {"epsilons": [0.05, 0.010], "psrs_db": [-20, -30.5]}}
    budgets = threat_models.budgets(filled({"scenarios": scenarios, "figures": []}))
    found = budgets["all"]["outdoor"]

    assert budgets["reference"]["outdoor"] == {
        name: tags if "psr-20" in tags else ["eps0.01"] for name, tags in found.items()
    }
    assert found["fgsm"] == found["worst"] == ["eps0.01", "eps0.05"]
    assert found["csi_pgd"] == found["adp_pgd"] == ["psr-30.5", "psr-20"]


@pytest.mark.parametrize("ratio", [10_000, -10_000])
def test_impossible_ratios(ratio: int) -> None:
    """A ratio whose amplitude is no number of single precision is refused."""
    with pytest.raises(UserError, match=rf"outdoor\.psrs_db\[0\]: expected a number of at \w+ -?200, found {ratio}"):
        filled({"scenarios": {"outdoor": {"psrs_db": [ratio]}}, "figures": []})


def test_ensembles_bring_their_members() -> None:
    """A grid that names an ensemble computes its members, each once."""
    grids = expanded([GRID | {"attacks": ["apgd", "worst"]}], threat_models.members(DEFAULT))

    assert grids[0]["attacks"] == ["apgd", "worst", "pgd_linf", "directions", "square"]


def test_surrogates_are_trained() -> None:
    """The surrogate of an attack is trained with the same seed."""
    content = filled({"grids": [GRID | {"attacks": ["transfer_neural_ode"]}], "figures": []})
    found = trained(content["grids"], partial(origin, content), threat_models.surrogates(content))

    assert {"scenario": "outdoor", "model": "neural_ode", "defence": "none", "seed": 2} in found
    assert len(found) == 2


def test_reference_epsilon() -> None:
    """The reference epsilon is the scenario's, or else the middle of its epsilons (of two, the smaller)."""
    content = copy.deepcopy(DEFAULT)
    del content["scenarios"]["outdoor"]["reference_epsilon"]
    assert threat_models.reference_epsilon(content, "outdoor") == 0.03
    content["scenarios"]["outdoor"]["epsilons"] = [0.4, 0.1, 0.3, 0.2]
    assert threat_models.reference_epsilon(content, "outdoor") == 0.2
    content["scenarios"]["outdoor"]["reference_epsilon"] = 0.07
    assert threat_models.reference_epsilon(content, "outdoor") == 0.07


LINF = {"plugin": "gradient", "norm": "linf"}
MISTAKES = {
    "unknown member": ({"a": {"norm": "linf", "members": ["fgsmm"]}}, r"attacks\.a\.members: .*did you mean 'fgsm'"),
    "ensemble of ensembles": (
        {"a": {"norm": "linf", "members": ["worst"]}},
        r"a\.members: worst is an ensemble",
    ),
    "members of another norm": ({"a": {"norm": "linf", "members": ["fgm"]}}, r"a\.members: fgm must use .* norm linf"),
    "an ensemble of two kinds of budgets": (
        {"a": {"norm": "l2", "members": ["pgd_l2", "adp_apgd"]}},
        r"a\.members: expected attacks that are all over the air or all on the model's input, found both",
    ),
    "bearings": (
        {"a": {"plugin": "gradient", "norm": "l2", "domain": "antenna", "bearing_deg": [3.0, 91.0]}},
        r"a\.bearing_deg\[1\]: expected a number of at most 90",
    ),
    "a bearing as text": (
        {"a": {"plugin": "gradient", "norm": "l2", "domain": "antenna", "bearing_deg": "north"}},
        r"a\.bearing_deg: expected a number or a list, found 'north'",
    ),
    "parameters of an ensemble": (
        {"a": {"norm": "linf", "members": ["fgsm"], "steps": 3}},
        r"a: an ensemble .* remove steps",
    ),
    "sign attack over the air": (
        {"a": LINF | {"domain": "csi"}},
        r"a\.norm: expected l2 \(a power\) in the domain csi",
    ),
    "unknown domain": ({"a": LINF | {"domain": "cis"}}, r"attacks\.a\.domain: .*'cis'"),
    "no bearing": (
        {"a": {"plugin": "gradient", "norm": "l2", "domain": "antenna"}},
        r"a\.bearing_deg: the domain ante",
    ),
    "needless bearing": (
        {"a": LINF | {"bearing_deg": 3.0}},
        r"attacks\.a\.bearing_deg: .*other domains must not have it",
    ),
    "unknown surrogate": (
        {"a": LINF | {"surrogate": {"model": "vgg"}}},
        r"a\.surrogate\.model: expected .*, found 'vgg'",
    ),
    "target without distance": ({"a": LINF | {"target": {"bearing_deg": 9.0}}}, r"attacks\.a\.target"),
    "bound of complex numbers": (
        {"a": {"plugin": "apgd", "norm": "l2", "domain": "csi", "minimum": 0.0}},
        r"attacks\.a\.minimum: complex numbers have no minimum",
    ),
    "profile below zero": (
        {"a": {"plugin": "apgd", "norm": "l2", "domain": "adp"}},
        r"a\.minimum: a profile is a magn",
    ),
    "misspelt domain": (
        {"a": {"plugin": "apgd", "norm": "l2", "domian": "csi"}},
        r"attacks\.a: .*'domian'; did you mean 'domain'",
    ),
    "reserved name": ({"clean": LINF}, r"attacks\.clean: this name is reserved"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes(mistake: str) -> None:
    """The message names the key."""
    attacks, message = MISTAKES[mistake]
    with pytest.raises(UserError, match=message):
        filled({"attacks": attacks})


def test_the_bound_of_a_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lower bound counts as one of the entry where it is a default of the plugin, as in the template."""
    options = plugins.options
    bound = {"minimum": plugins.Option("float | None", False, 0.0)}
    monkeypatch.setattr(plugins, "options", lambda kind, name: options(kind, name) | (bound if name == "apgd" else {}))
    entry = {"plugin": "apgd", "norm": "l2", "domain": "csi"}

    with pytest.raises(UserError, match=r"a\.minimum: .*found 0\.0, the default of its plugin; write minimum: null"):
        filled({"attacks": {"a": entry}})
    filled({"attacks": {"a": entry | {"minimum": None}}})
    filled({"attacks": {"a": entry | {"domain": "adp"}}})


def test_ratios_must_be_given() -> None:
    """An attack over the air needs the scenario's ratios."""
    content = merged(LIBRARY, {"grids": [GRID | {"attacks": ["csi_pgd"]}], "figures": []})
    del content["scenarios"]["outdoor"]["psrs_db"]

    with pytest.raises(UserError, match=r"scenarios\.outdoor\.psrs_db: missing; attack 'csi_pgd'"):
        check(content, SCHEMA)


@pytest.mark.parametrize("attack", ["worst", "csi_pgd", "to_north", "transfer_dcnn", "universal"])
def test_training_takes_plain_attacks(attack: str) -> None:
    """A defence cannot train with attacks that learn or have a target, surrogate, members or another domain."""
    with pytest.raises(UserError, match=rf"defences\.adversarial\.attacks: {attack} .*training cannot use it"):
        filled({"defences": {"adversarial": {"attacks": [attack]}}})


def test_ensembles_over_the_air() -> None:
    """An ensemble of attacks over the air has their budgets, and needs the scenario's ratios as they do."""
    content = filled(
        {"scenarios": {"outdoor": {"psrs_db": [-30]}}, "grids": [GRID | {"attacks": ["worst_air"]}]} | NONE
    )

    assert threat_models.is_physical(content, "worst_air")
    assert not threat_models.is_physical(content, "worst")
    assert threat_models.budgets(content)["all"]["outdoor"]["worst_air"] == ["psr-30"]


def test_training_over_the_air() -> None:
    """A defence with attacks over the air trains up to the scenario's ratio, as the radius of a ball of unit energy."""
    content = filled({"scenarios": {"outdoor": {"training_psr_db": -40}}})
    found = localizers.train(Experiment(content), scenario="outdoor", model="dcnn", defence="adversarial_air", seed=0)

    assert found["epsilon"] == pytest.approx(0.01)
    assert found["defence"]["attacks"][0]["domain"] == "adp"


def test_training_over_the_air_needs_a_ratio() -> None:
    """A missing ratio is named."""
    content = merged(LIBRARY, {"grids": [GRID | {"defences": ["adversarial_air"], "attacks": []}]} | NONE)
    del content["scenarios"]["outdoor"]["training_psr_db"]

    with pytest.raises(UserError, match=r"outdoor\.training_psr_db: missing; defence 'adversarial_air' needs the larg"):
        check(content, SCHEMA)


def test_training_with_one_kind_of_budget() -> None:
    """A defence cannot mix attacks on the input with attacks over the air: their budgets have no common unit."""
    with pytest.raises(UserError, match=r"defences\.adversarial\.attacks: expected attacks that are all over the air"):
        filled({"defences": {"adversarial": {"attacks": ["fgsm", "adp_pgd_3"]}}})


def test_surrogates_that_need_an_epsilon() -> None:
    """A localizer that is trained only as a surrogate needs the scenario's training epsilon, too."""
    attack = {"plugin": "apgd", "norm": "linf", "surrogate": {"model": "dcnn", "defence": "adversarial"}}
    content = merged(DEFAULT, {"attacks": {"a": attack}, "grids": [GRID | {"attacks": ["a"]}], "figures": []})
    del content["scenarios"]["outdoor"]["training_epsilon"]

    with pytest.raises(UserError, match=r"outdoor\.training_epsilon: missing; defence 'adversarial'"):
        check(content, SCHEMA)


def test_examples_have_an_epsilon() -> None:
    """A figure of one example cannot show an attack over the air."""
    figure = {
        "name": "f",
        "kind": "example",
        "scenario": "outdoor",
        "model": "dcnn",
        "attack": "csi_pgd",
        "epsilon": 0.1,
    }
    with pytest.raises(UserError, match=r"figures\.f: figures of kind example need attacks with an epsilon"):
        filled({"figures": [figure]})


def test_figures_have_one_axis() -> None:
    """Epsilons and decibels cannot share an axis."""
    figure = {"name": "f", "kind": "rmse", "scenario": "outdoor", "models": ["dcnn"], "attacks": ["fgsm", "csi_pgd"]}
    with pytest.raises(UserError, match=r"figures\.f: epsilons and decibels"):
        filled({"figures": [figure]})
