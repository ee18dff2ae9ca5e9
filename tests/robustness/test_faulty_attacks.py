"""Mistakes in an attack give the right result or a named error, wherever an attack runs outside training."""

import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from examinations import examined
from faulty_attacks import ATTACKS, quits, reachable
from faulty_models import Net
from made_up_plugins import install
from torch import Tensor, nn

import robustloc as rl
from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.data.scale import Scale
from robustloc.localizer.network import Localizer, build
from robustloc.robustness import attacking, domains, examination, transfer
from robustloc.robustness.attacking import attacked
from robustloc.robustness.crafting import craft

EPS = 0.01
RNG = np.random.default_rng(0)
ADP = RNG.random((5, 8, 8)).astype(np.float32)
POSITION = 5 * RNG.random((5, 3))
X, Y = torch.tensor(ADP).unsqueeze(1), torch.tensor(POSITION).float()
CASES = pytest.mark.parametrize("name", ATTACKS)


@pytest.fixture
def localizer(monkeypatch: pytest.MonkeyPatch) -> Localizer:
    """An honest localizer."""
    torch.manual_seed(0)
    install(monkeypatch, "models", "honest", lambda shape: Net())
    return build({"plugin": "honest", "parameters": {}}, (8, 8), Y).eval()


def inside(moved: Tensor, x: Tensor = X) -> bool:
    """Say whether perturbed inputs lie in the ball around the original inputs, and not all at its centre."""
    return 0 < float((moved - x).abs().max()) <= EPS * (1 + 1e-4)


@CASES
def test_stage(monkeypatch: pytest.MonkeyPatch, localizer: Localizer, name: str) -> None:
    """The attack stage writes sets within the budget, or names the attack and the broken rule."""
    attack, message = ATTACKS[name]
    install(monkeypatch, "attacks", "mine", attack)
    test = SimpleNamespace(adp=ADP.copy(), position=POSITION.copy(), user=np.arange(5))
    names = {"scenario": "s", "model": "honest", "defence": "none", "seed": 0, "attack": "own", "epsilon": EPS}
    config = {"cell": names, "seed": 0, "batch_size": 2, "keep_adps": True}
    config["attack"] = {"plugin": "mine", "norm": "linf", "parameters": {}}
    manifest = SimpleNamespace(scale=Scale("raw", 1.0), convention=None)

    def run() -> tuple[dict, dict]:
        return attacked(config, manifest, test, [None, None], source=localizer, localizer=localizer)

    if message is None:
        columns, spent = run()
        assert inside(torch.tensor(columns["adp"]).unsqueeze(1))
        np.testing.assert_allclose(columns["linf"], np.abs(columns["adp"] - ADP).max(axis=(1, 2)), rtol=1e-6)
        assert spent["largest_linf"] <= EPS * (1 + 1e-4)
    else:
        with pytest.raises(UserError, match=rf"^attacks\.own: {message}"):
            run()
    np.testing.assert_array_equal(test.adp, ADP)
    np.testing.assert_array_equal(test.position, POSITION)


@CASES
def test_library(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """`rl.attack` keeps to the budget and leaves the caller's tensors alone, or names attack and rule."""
    attack, message = ATTACKS[name]
    install(monkeypatch, "attacks", "mine", lambda loss, x, *, norm, **options: attack(loss, x, **options))
    x, y = X.clone(), Y.clone()

    if message is None:
        assert inside(rl.attack(Net(), x, y, "mine", eps=EPS))
    else:
        with pytest.raises(rl.UserError, match=f"^mine: {message}"):
            rl.attack(Net(), x, y, "mine", eps=EPS)
    assert torch.equal(x, X)
    assert torch.equal(y, Y)


@CASES
def test_examination(monkeypatch: pytest.MonkeyPatch, localizer: Localizer, name: str) -> None:
    """An examination measures errors within the budget, and the budget that the attack asked for."""
    attack, message = ATTACKS[name]
    honest, x = examined(localizer, X, Y, EPS), X.clone()
    monkeypatch.setattr(examination, "pgd", lambda: attack)

    if message is None:
        found = examined(localizer, x, Y, EPS)
        assert found["ladder_rmse_m"] < 1.1 * honest["ladder_rmse_m"]
        asks_for_more = name in ("leaves_ball", "writes_into_argument", "writes_through_a_view")
        assert found["budget"] == pytest.approx(10 if asks_for_more else 1, rel=1e-3)
        untouched = [key for key in honest if key != "budget" and "ladder" not in key and "unbounded" not in key]
        assert {key: found[key] for key in untouched} == {key: honest[key] for key in untouched}
    else:
        with pytest.raises(UserError, match=f"^ladder_quarter: {message}"):
            examined(localizer, x, Y, EPS)
    assert torch.equal(x, X)


@CASES
def test_transfer(monkeypatch: pytest.MonkeyPatch, localizer: Localizer, name: str) -> None:
    """Transferred examples are within the budget, or the message names the attack."""
    attack, message = ATTACKS[name]
    monkeypatch.setattr(examination, "pgd", lambda: attack)
    seen: list[Tensor] = []
    localizer.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach().clone()))
    x, user = X.clone(), np.arange(len(X))
    localizers = {("honest", "none"): localizer, ("other", "none"): localizer}

    if message is None:
        transfer.strongest(localizers, x, Y, user, EPS)
        assert inside(seen[-1])
    else:
        with pytest.raises(ValueError, match=f"^attack gradient: {message}"):
            transfer.strongest(localizers, x, Y, user, EPS)
    assert torch.equal(x, X)


def test_goals_and_examples(localizer: Localizer) -> None:
    """An attack that writes into its examples changes neither the caller's users nor their positions."""

    def writes(loss, x: Tensor, *, eps, norm, generators, examples) -> Tensor:
        for _, batch in examples:
            batch.zero_()
        examples.clear()
        return x + eps

    x, y, learnt = X.clone(), Y.clone(), (X.clone(), Y.clone())
    with pytest.MonkeyPatch.context() as patch:
        install(patch, "attacks", "mine", writes)
        patch.setattr("robustloc.robustness.own_network._plugin", lambda *_: writes)
        assert inside(rl.attack(Net(), x, y, "mine", eps=EPS, examples=learnt))
    assert all(torch.equal(*pair) for pair in zip((x, y, *learnt), (X, Y, X, Y), strict=True))

    users, few = (domains.of_inputs(ADP, Scale("raw", 1.0)) for _ in range(2))
    options = {"eps": EPS, "seeds": list(range(5)), "batch_size": 2}
    attack = lambda *given, **named: writes(*given, norm="linf", **named)  # noqa: E731
    moved, *_ = craft(localizer, users, POSITION, attack, norm="linf", examples=(few, POSITION), **options)
    assert inside(moved)
    assert torch.equal(few.start, X)


class QuitsAlways(Net):
    def forward(self, x: Tensor) -> Tensor:
        """End the program."""
        return sys.exit(3)


def test_exit_in_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attack or a network that ends the program gives an error that names it."""
    install(monkeypatch, "attacks", "mine", lambda loss, x, *, norm, **options: quits(loss, x, **options))

    with pytest.raises(rl.UserError, match=r"mine: the attack or the network called exit\(3\); raise an error"):
        rl.attack(Net(), X, Y, "mine", eps=EPS)
    for call in (partial(rl.attack, name="noise"), rl.examine):
        with pytest.raises(rl.UserError, match=r"^QuitsAlways: the attack or the network called exit\(3\)"):
            call(QuitsAlways(), X, Y, eps=EPS)


def test_recorded_sizes(monkeypatch: pytest.MonkeyPatch, localizer: Localizer) -> None:
    """A set is compared with its budget once more, on the users of the data set."""
    monkeypatch.setattr(attacking, "craft", lambda _, users, *__, **___: (users.start + 2 * EPS, 0.0, 1))
    manifest = SimpleNamespace(scale=Scale("raw", 1.0), convention=None)
    test = SimpleNamespace(adp=ADP, position=POSITION, user=np.arange(5))
    cell = {"scenario": "s", "model": "honest", "defence": "none", "seed": 0, "attack": "own", "epsilon": EPS}
    config = {"cell": cell, "seed": 0, "batch_size": 2, "keep_adps": True}
    config["attack"] = {"plugin": "noise", "norm": "linf", "parameters": {}}

    with pytest.raises(UserError, match=r"^attacks\.own: expected a linf perturbation of at most 0\.01 .*found 0\.02"):
        attacked(config, manifest, test, [None, None], source=localizer, localizer=localizer)


def test_network_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attack that changes the network through its loss leaves the caller's network as it was."""

    def changes(loss, x: Tensor, *, eps, norm, **options: object) -> Tensor:
        (model,) = [part for part in reachable(loss) if isinstance(part, nn.Module)]
        model.train()
        model.dense.weight.data.zero_()
        model.dense.bias.grad.zero_()
        return x + eps

    install(monkeypatch, "attacks", "mine", changes)
    model = Net().eval()
    model(X).sum().backward()
    tensors = [part.clone() for part in (*model.state_dict().values(), *(part.grad for part in model.parameters()))]

    assert inside(rl.attack(model, X, Y, "mine", eps=EPS))
    after = [*model.state_dict().values(), *(part.grad for part in model.parameters())]
    assert all(torch.equal(*pair) for pair in zip(tensors, after, strict=True))
    assert not any(part.training for part in model.modules())


@pytest.mark.parametrize("eps", [-1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["gradient", "apgd", "square", "spsa", "noise", "universal"])
def test_impossible_budgets(name: str, eps: float) -> None:
    """A negative budget and one that is no number are refused in the library and by each plugin itself."""
    examples, batches = ({"examples": (X, Y)}, {"examples": [(None, X)]}) if name == "universal" else ({}, {})

    with pytest.raises(rl.UserError, match=f"{name}: expected a finite eps of at least 0, found {eps}; correct eps"):
        rl.attack(Net(), X, Y, name, eps=eps, **examples)
    with pytest.raises(ValueError, match="expected a finite eps of at least 0"):
        plugins.load("attacks", name).perturb(None, X, eps=torch.full((5, 1, 1, 1), eps), norm="linf", **batches)


@pytest.mark.parametrize("eps", [-1.0, 0.0, float("nan")])
def test_impossible_budgets_of_an_examination(eps: float) -> None:
    """An examination needs a positive budget."""
    with pytest.raises(rl.UserError, match="expected a finite eps above 0, found"):
        rl.examine(Net(), X, Y, eps=eps)


def test_no_users() -> None:
    """Calls without users are refused, or have an empty result."""
    for call in (rl.attack, rl.examine):
        with pytest.raises(rl.UserError, match=r"expected x of shape \(N, …\), N at least 1"):
            call(Net(), X[:0], Y[:0], **({"name": "apgd"} if call is rl.attack else {}), eps=EPS)
    with pytest.raises(rl.UserError, match="N at least 1"):
        rl.attack(Net(), X, Y, "universal", eps=EPS, examples=(X[:0], Y[:0]))
    assert rl.position_error(POSITION[:0], POSITION[:0]).shape == (0,)
    assert rl.certified_errors(np.zeros((0, 9, 3)), POSITION[:0], [0.1], 0.9).shape == (1, 0)
