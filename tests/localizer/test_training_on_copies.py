"""In training, an attack keeps to its budget, and a defence cannot change the users that judge it."""

from functools import partial
from pathlib import Path

import pytest
import torch
from faulty_attacks import ATTACKS
from faulty_models import Net
from made_up_plugins import install
from made_up_training import DATA, EPS, Spoiling
from torch import Tensor, nn

from robustloc.base import plugins, seeds
from robustloc.base.errors import UserError
from robustloc.defences import free_adversarial
from robustloc.defences.parts.base import Defence
from robustloc.localizer import preparation
from robustloc.localizer.batches import Batches, Data
from robustloc.localizer.guarding import Guarded
from robustloc.localizer.hyperparameters import Recipe
from robustloc.localizer.network import build
from robustloc.localizer.training import fit

X, Y = DATA.x, DATA.y
RECIPE = Recipe(epochs=1, batch_size=4, learning_rate=1e-3, warmup=0.1, weight_decay=0.0)


class Seen(nn.Module):
    """A linear localizer that keeps the inputs of its training mode."""

    def __init__(self):
        super().__init__()
        self.dense, self.inputs = nn.Linear(64, 3), []

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions."""
        if self.training:
            self.inputs.append(x.detach().clone())
        return self.dense(x.flatten(1))


def inside(moved: Tensor, x: Tensor) -> bool:
    """Say whether all inputs lie in the balls around x, and not all at their centres."""
    return 0 < float((moved.reshape(-1, *x.shape) - x).abs().max()) <= EPS * (1 + 1e-4)


def defended(name: str) -> Defence:
    """Build a defence around the attack ``mine``, as training does."""
    attack = {"plugin": "mine", "norm": "linf", "parameters": {}}
    return preparation._defence({"plugin": name, "parameters": {}, "attacks": [attack]}, EPS)[0]


def presented(defence: Defence) -> Tensor:
    """Run one step of a defence, and return all users that the localizer was trained on."""
    localizer, x, y = Seen(), X.clone(), Y.clone()
    generators = [torch.Generator().manual_seed(n) for n in range(4)]
    users, positions = defence.on_training_set(localizer, x, y, EPS, generators)
    if len(users) == len(X):
        users, positions = users[:4], positions[:4]
    for _ in range(defence.repeats):
        defence.loss(localizer.train(), users, positions, EPS, generators).backward()
        defence.after_backward()
    assert torch.equal(x, X)
    assert torch.equal(y, Y)
    return torch.cat(localizer.inputs)


@pytest.mark.parametrize("name", ["adversarial", "trades", "static_adversarial"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks(monkeypatch: pytest.MonkeyPatch, name: str, attack: str) -> None:
    """A defence gets attacks that keep to the budget of each user, or that name the broken rule."""
    perturb, message = ATTACKS[attack]
    install(monkeypatch, "attacks", "mine", perturb)

    if message is None:
        found = presented(defended(name))
        assert inside(found, X if name == "static_adversarial" else X[:4])
    else:
        with pytest.raises(ValueError, match=f"^attack mine: {message}"):
            presented(defended(name))


def test_free_adversarial(monkeypatch: pytest.MonkeyPatch) -> None:
    """Free adversarial training keeps to the budget, also in its score, whose attack is an attack like any other."""
    install(monkeypatch, "attacks", "mine", ATTACKS["leaves_ball"][0])
    defence = defended("free_adversarial")
    assert inside(presented(defence), X[:4])
    generators = [torch.Generator().manual_seed(n) for n in range(4)]
    score = partial(defence.score, eps=EPS, generators=generators)

    for attack, message in ATTACKS.values():
        monkeypatch.setattr(free_adversarial.gradient, "perturb", attack)
        localizer, x = Seen().train(), X[:4].clone()
        if message is None:
            score(localizer, x, Y[:4])
            assert inside(localizer.inputs[-1], X[:4])
        else:
            with pytest.raises(ValueError, match=f"^attack gradient: {message}"):
                score(localizer, x, Y[:4])
        assert torch.equal(x, X[:4])


def test_training_blames_the_attack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An attack without numbers ends training with its name, not with the learning rate."""
    install(monkeypatch, "attacks", "mine", ATTACKS["no_number"][0])
    config = {
        "cell": {"scenario": "s", "model": "dcnn", "defence": "own", "seed": 0},
        "seed": 0,
        "model": {"plugin": "dcnn", "parameters": {}},
        "defence": {"plugin": "adversarial", "parameters": {}},
        "training": vars(RECIPE),
        "epsilon": EPS,
    }
    config["defence"]["attacks"] = [{"plugin": "mine", "norm": "linf", "parameters": {}}]

    with pytest.raises(UserError, match=r"^dcnn, own: attack mine: expected finite values from the attack"):
        preparation.train(config, Data(X, Y, X, Y), None, tmp_path)


def history(monkeypatch: pytest.MonkeyPatch, defence: Defence, data: Data, folder: Path) -> list[dict]:
    """Train the same network under a defence."""
    install(monkeypatch, "models", "honest", lambda shape: Net())
    torch.manual_seed(0)
    model = build({"plugin": "honest", "parameters": {}}, (8, 8), Y)
    return fit(model, data, Guarded(defence), RECIPE, eps=EPS, seed=partial(seeds.seed, 0), folder=folder)


@pytest.mark.parametrize("hook", ["on_training_set", "loss", "score"])
def test_defences(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hook: str) -> None:
    """What a defence does to its arguments changes neither the users nor the errors that are reported."""
    x, y = X.clone(), Y.clone()
    found = history(monkeypatch, Spoiling(hook), Data(x, y, x, y), tmp_path / "a")

    assert found == history(monkeypatch, Spoiling("nothing"), Data(X, Y, X, Y), tmp_path / "b")
    assert torch.equal(x, X)
    assert torch.equal(y, Y)


def test_repeated_batches() -> None:
    """Each presentation of a batch is a copy of its own."""
    for x, y in Batches(X, Y, 4, repeats=2):
        assert x.all()
        x.zero_()
        y.zero_()


def test_every_defence_with_attacks_is_tested() -> None:
    """No defence of the package crafts examples with an attack that this file does not cover."""
    crafts = [name for name in plugins.names("defences") if "attacks" in plugins.options("defences", name)]

    assert crafts == ["adversarial", "static_adversarial", "trades"]
