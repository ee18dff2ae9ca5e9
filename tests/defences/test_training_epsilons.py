"""Each attack in training gets the epsilon of the defence's entry: the largest one, or one per user below it."""

import pytest
import torch
from configurations import LIBRARY
from torch import Tensor, nn

from robustloc.base import plugins
from robustloc.experiment import entries
from robustloc.localizer.network import build

EPS = 0.1
CRAFTING = ["adversarial", "static_adversarial", "trades"]
# the papers; the paper of this benchmark does not say, so its own defences train for all epsilons up to the largest
CHOICES = {
    "fast_adversarial": "fixed",
    "trades": "fixed",
    "free_adversarial": "fixed",
    "adversarial": "drawn",
    "static_adversarial": "drawn",
    "adversarial_fgsm": "drawn",
    "adversarial_pgd": "drawn",
    "adversarial_mim": "drawn",
    "adversarial_air": "drawn",
}


def radii(name: str, parameters: dict, monkeypatch: pytest.MonkeyPatch) -> Tensor:
    """Run a defence on three batches of four users; return the epsilons (calls, users) that its attack got."""
    asked = []

    def attack(loss: object, x: Tensor, *, eps: Tensor, **_: object) -> Tensor:
        asked.append(eps.expand(len(x), 1, 1, 1).flatten())
        return x + eps

    torch.manual_seed(0)
    x, y = torch.rand(4, 1, 8, 8), torch.rand(4, 3)
    localizer, generators = build({"plugin": "dcnn", "parameters": {}}, (8, 8), y), fresh()
    if name == "free_adversarial":
        monkeypatch.setattr(plugins.load("defences", name).gradient, "perturb", attack)
    crafts = "attacks" in plugins.options("defences", name)
    defence = plugins.defence(name, [attack] * crafts, parameters)
    for _ in range(3):
        defence.on_training_set(localizer, x, y, EPS, generators)
        defence.on_epoch()
        defence.loss(localizer, x, y, EPS, generators)
        if name == "free_adversarial":  # its own steps are no call of an attack
            asked.append(defence.radii.flatten())
        defence.score(localizer, x, y, EPS, generators)
    return torch.stack(asked)


def fresh() -> list[torch.Generator]:
    """One generator per user."""
    return [torch.Generator().manual_seed(user) for user in range(4)]


@pytest.mark.parametrize("name", [*CRAFTING, "free_adversarial"])
@pytest.mark.parametrize("epsilon", ["fixed", "drawn"])
def test_every_call(monkeypatch: pytest.MonkeyPatch, name: str, epsilon: str) -> None:
    """A fixed epsilon is the largest one in every call; a drawn one is below it and new for each user and call."""
    found = radii(name, {"epsilon": epsilon}, monkeypatch)

    assert len(found) >= 3
    if epsilon == "fixed":
        torch.testing.assert_close(found, torch.full_like(found, EPS))
    else:
        assert ((found > 0) & (found < EPS)).all()
        assert len(found.unique()) == found.numel()


@pytest.mark.parametrize("name", CHOICES)
def test_choice_of_the_paper(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Each entry of the shipped experiments has the choice of the paper that it is named after."""
    made = entries.entry(LIBRARY, "defences", name)
    found = radii(made["plugin"], made["parameters"], monkeypatch)

    assert bool((found == found[0, 0]).all()) == (CHOICES[name] == "fixed")


def test_every_defence_that_perturbs_is_tested() -> None:
    """Every plugin with the parameter, and every entry of such a plugin, is in this file."""
    chooses = [name for name in plugins.names("defences") if "epsilon" in plugins.options("defences", name)]
    named = [name for name in LIBRARY["defences"] if entries.entry(LIBRARY, "defences", name)["plugin"] in chooses]

    assert set(chooses) == {*CRAFTING, "free_adversarial"}
    assert set(named) == CHOICES.keys()


def test_another_word_is_refused() -> None:
    """Another word than the two is refused."""
    defence = plugins.defence("adversarial", [lambda *_, **__: None], {"epsilon": "largest"})
    with pytest.raises(ValueError, match="epsilon: expected fixed or drawn, found 'largest'"):
        defence.loss(nn.Identity(), torch.rand(2, 1, 8, 8), torch.rand(2, 3), EPS, fresh())
