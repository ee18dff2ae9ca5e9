"""Eq. (11), (12) and the literature's forms equal the attacks of the same names in foolbox and in ART.

Neither library attacks an estimate of three numbers, so both get the summed squared error as their loss.
"""

import copy

import numpy as np
import pytest
import torch
from test_attacks import CONFIGURED, EPS, MODEL, X, Y, generators, squared_error
from torch import Tensor, nn

from robustloc.base import plugins

STEPS = 10


def ours(entry: dict, eps: float = EPS) -> Tensor:
    """Attack without random start, best iterate and lower bound, which the libraries do not offer for regression."""
    without = {"random_start": False, "keep_best": False, "minimum": None}
    attack = plugins.attack(entry | {"parameters": entry["parameters"] | without})
    return attack(squared_error(Y), X, eps=eps, generators=generators(range(len(X))))


def foolbox_attack(kind: str, **options: object) -> Tensor:
    """Run an attack of foolbox, in double precision as ours."""
    fb = pytest.importorskip("foolbox", reason="foolbox is in the test extra")
    import eagerpy as ep

    attack = getattr(fb.attacks, kind)(**options)
    attack.get_loss_fn = lambda model, labels: lambda x: ep.astensor(squared_error(Y)(x.raw).sum())
    model = fb.PyTorchModel(MODEL.eval(), bounds=(-10, 10), device="cpu")
    criterion = fb.criteria.Misclassification(torch.zeros(len(X), dtype=torch.long))  # foolbox requires labels
    return attack.run(model, X, criterion, epsilon=EPS)


@pytest.mark.parametrize(("name", "kind"), [("fgsm", "LinfFastGradientAttack"), ("fgm", "L2FastGradientAttack")])
def test_one_step_is_foolbox(name: str, kind: str) -> None:
    """Eq. (11) and (12) equal foolbox's fast gradient methods."""
    torch.testing.assert_close(ours(CONFIGURED[name]), foolbox_attack(kind), rtol=0, atol=1e-9)


@pytest.mark.parametrize(("name", "kind"), [("pgd_linf", "LinfPGD"), ("pgd_l2", "L2PGD")])
def test_projected_gradient_is_foolbox(name: str, kind: str) -> None:
    """The projected gradient presets equal foolbox's."""
    theirs = foolbox_attack(kind, steps=STEPS, rel_stepsize=2.5 / STEPS, random_start=False)

    torch.testing.assert_close(ours(CONFIGURED[name]), theirs, rtol=0, atol=1e-9)


def test_momentum_is_foolbox() -> None:
    """Momentum along l2 directions equals foolbox's. (Its linf form accumulates signs, which no attack here does.)"""
    parameters = {"steps": STEPS, "momentum": 0.9, "momentum_norm": "l2"}
    theirs = foolbox_attack(
        "L2MomentumIterativeFastGradientMethod", momentum=0.9, steps=STEPS, rel_stepsize=1 / STEPS, random_start=False
    )

    found = ours({"plugin": "gradient", "norm": "l2", "parameters": parameters})

    torch.testing.assert_close(found, theirs, rtol=0, atol=1e-9)


class SummedSquares(nn.Module):
    """Squared error as ART calls it, with flattened estimates but not flattened positions."""

    def forward(self, estimates: Tensor, positions: Tensor) -> Tensor:
        """Return the sum over all users."""
        return ((estimates.view_as(positions) - positions) ** 2).sum()


def art_attack(kind: str, eps: float, step: float = 1.0, **options: object) -> Tensor:
    """Run an attack of ART, with steps of step * eps; ART computes in single precision."""
    attacks = pytest.importorskip("art.attacks.evasion", reason="adversarial-robustness-toolbox is in the test extra")
    from art.estimators.regression.pytorch import PyTorchRegressor

    model = copy.deepcopy(MODEL).float()
    regressor = PyTorchRegressor(model, SummedSquares(), input_shape=tuple(X.shape[1:]), device_type="cpu")
    # one batch, because the momentum of ART has the wrong shape if the last batch is smaller
    attack = getattr(attacks, kind)(regressor, eps=eps, eps_step=step * eps, batch_size=len(X), **options)
    return torch.from_numpy(attack.generate(X.float().numpy(), Y.float().numpy()))


def iterated(norm: float, step: float, **options: float) -> dict:
    """Options of ART for steps of this many eps / N."""
    return {"norm": norm, "step": step / STEPS, "max_iter": STEPS, "verbose": False, **options}


ART = {
    "fgsm": ("FastGradientMethod", {"norm": np.inf}),
    "fgm": ("FastGradientMethod", {"norm": 2}),
    "pgd_linf": ("ProjectedGradientDescent", iterated(np.inf, 2.5)),
    "pgd_l2": ("ProjectedGradientDescent", iterated(2, 2.5)),
    "mi_fgsm": ("MomentumIterativeMethod", iterated(np.inf, 1.0, decay=1.0)),
}


# the smaller budget is what users run; only in the larger one do gradients normalised in l1 and in l2 add up to
# other signs
@pytest.mark.parametrize("eps", [EPS, 1.0])
@pytest.mark.parametrize("name", ART)
def test_is_art(name: str, eps: float) -> None:
    """One step, projected gradient and momentum (Dong et al.) equal ART's, but for rounding."""
    kind, options = ART[name]

    theirs = art_attack(kind, eps, **options).double()

    # below 2, single precision rounds by at most 6e-8, once per step; a wrong sign would be 1e-2
    torch.testing.assert_close(ours(CONFIGURED[name], eps), theirs, rtol=0, atol=1e-6)
