"""Every kind of mistake in a configuration is reported before any job."""

import copy

import pytest
from configurations import DEFAULT, LIBRARY, SCHEMA

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.experiment.config import check

MATRIX = {"name": "m", "kind": "matrix", "scenario": "indoor", "model": "dcnn"}
MATRIX |= {"defences": ["none"], "attacks": ["fgsm"], "epsilon": 0.005}
USERS = {"name": "u", "kind": "map", "scenario": "indoor", "model": "dcnn"}

# key, wrong value, and what the message must contain
MISTAKES = {
    "unknown key": ("epsilon", 1, r"^top level: expected a known key, found 'epsilon'.*Valid: .*attacks"),
    "misspelt key": ("training.epoch", 3, r"^training: .*'epoch'; did you mean 'epochs'\?"),
    "misspelt scenario key": ("scenarios.indoor.scal", "db", r"scenarios\.indoor: .*'scal'; .*'scale'"),
    "misspelt key of a scene": ("scenarios.indoor.raw.row", 3, r"scenarios\.indoor\.raw: .*'row'; .*'rows'"),
    "unknown attack": (
        "grids.1.attacks",
        ["fgsmm"],
        r"grids\[1\]\.attacks: .*'fgsmm'; did you mean 'fgsm'\?.*pgd_linf",
    ),
    "unknown model": ("grids.1.models", ["vgg"], r"grids\[1\]\.models: expected .*, found 'vgg'\. Valid: .*dcnn"),
    "unknown training attack": ("defences.adversarial.attacks", ["cw"], r"defences\.adversarial\.attacks: .*'cw'"),
    "unknown plugin": ("models.vgg", {}, r"models\.vgg\.plugin: expected .*, found 'vgg'\. Valid: constant, dcnn"),
    "unknown parameter": ("models.dcnn", {"nrom": "batch"}, r"models\.dcnn: .*'nrom'; did you mean 'norm'\?"),
    "wrong type": ("attacks.pgd.steps", 2.5, r"attacks\.pgd\.steps: expected int, found 2\.5"),
    "unknown choice": ("models.neural_ode.solver", "rk5", r"models\.neural_ode\.solver: .*'dopri5'\], found 'rk5'"),
    "negative epsilon": (
        "scenarios.outdoor.epsilons",
        [-0.01],
        r"outdoor\.epsilons\[0\]: expected .* greater than 0 \(.*found -0\.01",
    ),
    "epsilon as text": (
        "scenarios.outdoor.epsilons",
        ["1e-2"],
        r"epsilons\[0\]: expected a number, found '1e-2'; .*1\.0e-2",
    ),
    "unknown norm": ("attacks.fgsm.norm", "l3", r"attacks\.fgsm\.norm: expected linf or l2.*, found 'l3'"),
    "missing norm": ("attacks.fgsm", {"plugin": "gradient"}, r"fgsm\.norm: missing \(.*; add this key: linf or l2"),
    "negative epochs": ("training.epochs", -1, r"training\.epochs: expected a number of at least 0 .*, found -1"),
    "weights of nothing": (
        "models.neural_ode_fine.weights",
        "neural_od",
        r"models\.neural_ode_fine\.weights: .*did you mean 'neural_ode'",
    ),
    "weights of others": (
        "models.neural_ode_fine.weights",
        "dcnn",
        r"models\.neural_ode_fine\.weights: dcnn must be a trained model",
    ),
    "flat position": ("scenarios.indoor.base_station", [1, 2], r"scenarios\.indoor\.base_station: .*found \[1, 2\]"),
    "name with a slash": ("models.a/b", {"plugin": "dcnn"}, r"'a/b' does not match"),
    "attack named clean": ("attacks.clean", {"plugin": "gradient", "norm": "l2"}, r"attacks\.clean: this name is"),
    "no number": ("scenarios.indoor.training_epsilon", float("nan"), r"scenarios\.indoor\.training_epsilon: .*nan"),
    "endless number": ("grids.1.seeds", [float("inf")], r"grids\[1\]\.seeds\[0\]: expected a finite number, found inf"),
    "number or nothing": ("attacks.pgd_l2.minimum", "zero", r"attacks\.pgd_l2\.minimum: expected float \| None"),
    "kind of figure": (
        "figures.1.kind",
        "rsme",
        r"figures\[1\]\.kind: expected example or gallery or .*, found 'rsme'",
    ),
    "many mistakes": (
        "scenarios.indoor.epsilons",
        [-7, -6, -5, -4, -3, -2, -1],
        r"epsilons\[4\]: .*found -3\n… and 2 more$",
    ),
    "scenario named as a folder": ("scenarios.tables", DEFAULT["scenarios"]["indoor"], r"scenarios\.tables: .*another"),
    "no training user": ("scenarios.indoor.split.test", 0.95, r"scenarios\.indoor\.split: .*no users"),
    "unknown scene": (
        "scenarios.indoor.raw.scene",
        "rom",
        r"indoor\.raw\.scene: .*'rom'; did you mean 'room'\?.*street",
    ),
    "number as text": (
        "attacks.pgd.steps",
        "10",
        r"attacks\.pgd\.steps: expected int, found '10'; it was read as text",
    ),
    "scene without rows": (
        "scenarios.indoor.raw",
        {"scene": "room", "folder": "a"},
        r"indoor\.raw: 'rows' is a dependency",
    ),
    "figure twice": ("figures.1.name", "fig1", r"figures: two figures have the name 'fig1'"),
    "tiny array": (
        "scenarios.indoor.channel.antennas",
        4,
        r"channel\.antennas: expected a number of at least 8 .*, found 4",
    ),
    "neither scene nor folder": ("scenarios.indoor.raw", {}, r"scenarios\.indoor\.raw: .*not valid under any"),
    "circle of defences": ("defences.none", {"start": "none"}, r"defences\.none\.start: a circle, none -> none"),
    "figure of nothing": ("figures.1.attacks", ["mi_fgsm"], r"figures\.fig4: no grid computes .*outdoor.*mi_fgsm"),
    "matrix of nothing": (
        "figures",
        [MATRIX | {"epsilon": 0.5}],
        r"figures\.m: no grid computes scenario indoor, .*attack fgsm, budget eps0\.5",
    ),
    "matrix over the air": (
        "figures",
        [MATRIX | {"attacks": ["csi_pgd"]}],
        r"figures\.m: figures of kind matrix need attacks with an epsilon; csi_pgd has none",
    ),
    "certified without smoothing": (
        "figures",
        [{"name": "c", "kind": "certified", "scenario": "indoor", "models": ["dcnn"], "defences": ["adversarial"]}],
        r"figures\.c: expected defences that can be certified, found adversarial",
    ),
    "bisection of nothing": (
        "margins.attack",
        "direction",
        r"margins\.attack: .*'direction'; did you mean 'directions'",
    ),
    "bisection of an ensemble": ("margins.attack", "worst", r"margins\.attack: worst has the key members; the search"),
    "bisection over the air": (
        "margins.attack",
        "csi_pgd",
        r"margins\.attack: csi_pgd is over the air \(domain csi\); the search",
    ),
    "bisection of what is learnt": ("margins.attack", "universal", r"margins\.attack: universal learns from training"),
    "no tolerance": ("scenarios.indoor.tolerance_m", 0, r"tolerance_m: expected a number greater than 0 .*, found 0"),
    "epsilons and decibels": (
        "figures",
        [{"name": "r", "kind": "rmse", "scenario": "indoor", "models": ["dcnn"], "attacks": ["fgsm", "csi_pgd"]}],
        r"figures\.r: epsilons and decibels cannot share an axis; draw two figures",
    ),
    "map of nothing": (
        "figures",
        [USERS | {"attack": "wrst", "epsilon": 0.003}],
        r"figures\.u\.attack: expected .*, found 'wrst'; did you mean 'worst'\?.*fgsm",
    ),
    "map of half a cell": ("figures", [USERS | {"attack": "worst"}], r"figures\[0\]: 'epsilon' is a dependency"),
    "map of another epsilon": (
        "figures",
        [USERS | {"attack": "worst", "epsilon": 0.5}],
        r"figures\.u: no grid computes .* attack worst, budget eps0\.5",
    ),
    "distribution over the air": (
        "figures",
        [USERS | {"kind": "cdf", "attack": "csi_pgd", "epsilon": 0.003}],
        r"figures\.u: figures of kind cdf need attacks with an epsilon; csi_pgd has none",
    ),
    "map of a strange model": ("figures", [USERS | {"model": "dcn"}], r"figures\.u\.model: .*did you mean 'dcnn'"),
    "power of nothing": (
        "figures",
        [{"name": "p", "kind": "power", "scenario": "indoor", "models": ["dcnn"], "attacks": ["csi_pgd"]}],
        r"figures\.p: no grid computes .*csi_pgd",
    ),
    "figure without profiles": ("crafting.keep_adps", False, r"figures\.fig1: .*crafting\.keep_adps"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_named(mistake: str) -> None:
    """The message names the key and the valid values."""
    path, value, message = MISTAKES[mistake]
    content = copy.deepcopy(LIBRARY)
    *way, last = (int(part) if part.isdigit() else part for part in path.split("."))
    place = content
    for part in way:
        place = place[part]
    place[last] = value

    with pytest.raises(UserError, match=message):
        check(content, SCHEMA)


def test_required_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin's parameter without a default must be given, unless the workflow fills it in."""
    required = {"eps": plugins.Option("float", True), "patch": plugins.Option("int", True)}
    monkeypatch.setattr(plugins, "options", lambda kind, name: required if kind == "attacks" else {})
    content = {kind: {} for kind in ("models", "defences", "scenarios")}
    content |= {kind: [] for kind in ("grids", "figures", "comparisons")}
    content |= {"verdict": {"gradients": ["own"], "others": ["other"]}, "convergence": {"attack": "own"}}
    own = {"plugin": "gradient", "norm": "linf"}
    attacks = {"own": own, "other": own | {"patch": 3}}

    with pytest.raises(UserError, match=r"attacks\.own: missing patch; the plugin gradient has no default"):
        check(content | {"attacks": attacks}, {})
    check(content | {"attacks": attacks | {"own": own | {"patch": 3}}}, {})


def test_defence_needs_an_epsilon() -> None:
    """A scenario on which a defence crafts attacks needs a largest training epsilon."""
    content = copy.deepcopy(DEFAULT)
    del content["scenarios"]["indoor"]["training_epsilon"]

    with pytest.raises(UserError, match=r"scenarios\.indoor\.training_epsilon: missing; defence 'adversarial'"):
        check(content, SCHEMA)
