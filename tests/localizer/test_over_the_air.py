"""Adversarial training over the air: attacks on the linear profiles behind model inputs, with a budget in power."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from made_up_training import CONFIG, DATA
from torch import Tensor, nn

from robustloc.attacks import noise
from robustloc.attacks.parts.losses import SquaredError
from robustloc.attacks.parts.steps import size
from robustloc.data.scale import Scale
from robustloc.data.tensor_scale import scaled, unscaled
from robustloc.localizer import over_the_air, preparation

RADIUS = 0.1  # -20 dB
ATTACK = {"plugin": "gradient", "norm": "l2", "domain": "adp"}
ATTACK["parameters"] = {"steps": 3, "step": 1.5, "random_start": True, "minimum": 0.0}
SCALES = pytest.mark.parametrize(
    "scale", [Scale("unit", 2.0), Scale("db", 2.0), Scale("raw", 1.0)], ids=lambda s: s.name
)
PROFILES = 2.0 * torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0)) ** 12
Y = 5 * torch.rand(6, 3, generator=torch.Generator().manual_seed(1))


class Linear(nn.Module):
    """A network with fixed weights that reads every pixel."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(2)
        self.weights = nn.Parameter(torch.randn(64, 3, generator=generator))

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions."""
        return x.flatten(1) @ self.weights


def crafted(x: Tensor, scale: Scale, eps: float | Tensor) -> Tensor:
    """Attack as training does."""
    attack = preparation._attack(ATTACK, scale)
    generators = [torch.Generator().manual_seed(n) for n in range(len(x))]
    return attack(SquaredError(Linear(), Y[: len(x)]), x, eps=eps, generators=generators)


@SCALES
def test_budget(scale: Scale) -> None:
    """Each user's linear profile moves by at most its own share of its norm, and nearly so far."""
    x = scaled(PROFILES, scale)
    radii = RADIUS * torch.linspace(0.1, 1, 6).view(-1, 1, 1, 1)
    before, after = unscaled(x, scale), unscaled(crafted(x, scale, radii), scale)
    spent = size(after - before, "l2") / size(before, "l2") / radii

    assert spent.max() <= 1 + 1e-3
    assert spent.min() > 0.5
    assert (after >= 0).all()


@SCALES
def test_no_budget_and_no_signal(scale: Scale) -> None:
    """Without a budget inputs stay as they are except for rounding; a user without signal stays exactly."""
    x = scaled(torch.cat([PROFILES[:3], torch.zeros(1, 1, 8, 8)]), scale)

    torch.testing.assert_close(crafted(x, scale, 0.0), x, rtol=0, atol=1e-5)
    assert torch.equal(crafted(x, scale, RADIUS)[3], x[3])


@SCALES
def test_attack_raises_the_error(scale: Scale) -> None:
    """The attack follows the gradient through the scale: it does more than noise of the same power."""
    x, loss = scaled(PROFILES, scale), SquaredError(Linear(), Y)
    start = over_the_air.on_inputs(partial(noise.perturb, norm="l2", minimum=0.0), scale)
    generators = [torch.Generator().manual_seed(n) for n in range(6)]
    moved, jammed = crafted(x, scale, RADIUS), start(loss, x, eps=RADIUS, generators=generators)

    with torch.no_grad():
        assert (loss(moved) > loss(jammed)).all()
        assert (loss(moved) > loss(x)).all()


@pytest.mark.parametrize("defence", ["adversarial", "trades", "static_adversarial"])
def test_defences_train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, defence: str) -> None:
    """Every defence that crafts can craft over the air; training sees other users than without the attack."""
    config = CONFIG | {"model": {"plugin": "dcnn", "parameters": {}}, "epsilon": RADIUS}
    config["defence"] = {"plugin": defence, "parameters": {}, "attacks": [ATTACK]}
    plain = config | {"defence": {"plugin": "none", "parameters": {}, "attacks": []}}
    found = preparation.train(config, DATA, None, tmp_path / "air", Scale("unit", 1.0)).history
    without = preparation.train(plain, DATA, None, tmp_path / "none").history

    assert np.isfinite(found[0]["training_loss"])
    assert found[0]["training_loss"] != without[0]["training_loss"]
