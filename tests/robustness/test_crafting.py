"""Crafting keeps to the budget and leaves the localizer unchanged; measuring reports the true effect."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from robustloc.attacks.parts.losses import closeness
from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.data.scale import Scale
from robustloc.data.transform import CONVENTIONS, from_matrix
from robustloc.localizer.network import Localizer, build
from robustloc.robustness import domains
from robustloc.robustness.crafting import craft, verify
from robustloc.robustness.measuring import Outcome, measure

RNG = np.random.default_rng(0)
ADP = 0.5 * RNG.random((11, 8, 8)).astype(np.float32)
SCALE = Scale("unit", 0.5)
INPUTS = SCALE.apply(ADP)
POSITIONS = RNG.random((11, 3)) * 10
CSI = (RNG.normal(size=(11, 8, 8)) + 1j * RNG.normal(size=(11, 8, 8))).astype(np.complex64)
PGD = {"plugin": "gradient", "norm": "linf", "parameters": {"steps": 3, "step": 2.5, "random_start": True}}


def model(plugin: str = "dcnn") -> Localizer:
    """Build a localizer with made-up batch statistics."""
    torch.manual_seed(0)
    made = build({"plugin": plugin, "parameters": {}}, (8, 8), torch.tensor([[-3.0, -4.0, 0.0], [3.0, 4.0, 0.0]]))
    made(torch.rand(64, 1, 8, 8))
    return made.eval()


def outcome(
    attack: Callable, eps: float = 0.01, batch_size: int = 8, norm: str = "linf", victim=None, users=None, **options
) -> Outcome:
    """Attack the made-up users and measure the effect."""
    victim, users = victim or model(), users or domains.of_inputs(ADP, SCALE)
    seeds = list(range(len(ADP)))
    moved, *_ = craft(
        victim, users, POSITIONS, attack, eps=eps, norm=norm, seeds=seeds, batch_size=batch_size, **options
    )
    return measure(victim, users, moved, ADP, SCALE, batch_size)


def test_measures_what_was_done() -> None:
    """Predictions equal the localizer's estimates on the stored inputs; sizes equal the norms of the difference."""
    found = outcome(plugins.attack(PGD))
    difference = (found.adversarial.astype(float) - INPUTS).reshape(11, -1)

    with torch.no_grad():
        clean, moved = (model()(torch.tensor(a).unsqueeze(1)).numpy() for a in (INPUTS, found.adversarial))
    np.testing.assert_allclose(found.clean_prediction, clean, atol=1e-4)
    np.testing.assert_allclose(found.prediction, moved, atol=1e-4)
    np.testing.assert_allclose(found.linf, 0.01, rtol=1e-4)
    np.testing.assert_allclose(found.l2, np.linalg.norm(difference, axis=1))
    signal = np.linalg.norm(INPUTS.reshape(11, -1), axis=1)
    np.testing.assert_allclose(found.psr_db, 20 * np.log10(found.l2 / signal), atol=1e-3)
    spent = found.spent()
    assert spent["nan"] == 0
    assert spent["largest_linf"] == found.linf.max()
    assert spent["range"] == [found.adversarial.min(), found.adversarial.max()]


@pytest.mark.parametrize("plugin", ["dcnn", "neural_ode"])
@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_batch_size_does_not_matter(batch_size: int, plugin: str) -> None:
    """A user's adversarial example and prediction do not depend on the batch size."""
    options = {"eps": 0.01, "norm": "linf", "seeds": list(range(11))}
    victim, attack = model(plugin).double(), plugins.attack(PGD)
    inputs = torch.tensor(INPUTS).double().unsqueeze(1)
    users = domains.Domain(inputs, (), lambda x: x, False)
    reference, other = (craft(victim, users, POSITIONS, attack, batch_size=n, **options)[0] for n in (5, batch_size))

    # double precision: in single precision, rounding decides the sign of a gradient that is nearly zero
    torch.testing.assert_close(other, reference, rtol=0, atol=1e-6)
    single, alone = (outcome(attack, batch_size=n, victim=model(plugin)) for n in (5, batch_size))
    assert (np.abs(single.adversarial - alone.adversarial) <= 1e-6).mean() >= 0.999
    np.testing.assert_allclose(single.prediction, alone.prediction, atol=1e-2)


def test_left_alone() -> None:
    """An attack that changes nothing leaves inputs and estimates equal."""
    found = outcome(lambda loss, x, *, eps, generators: x, eps=0.0)

    np.testing.assert_array_equal(found.adversarial, INPUTS)
    np.testing.assert_array_equal(found.prediction, found.clean_prediction)
    assert (found.psr_db == -np.inf).all()


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_a_broken_budget_is_projected(norm: str) -> None:
    """A result beyond the budget is projected onto it; the size before the projection is returned."""
    users = domains.of_inputs(ADP, SCALE)
    options = {"eps": 0.005, "norm": norm, "seeds": list(range(11)), "batch_size": 8}
    greedy = lambda loss, x, *, eps, generators: x + 3 * eps  # noqa: E731
    moved, unprojected, _ = craft(model(), users, POSITIONS, greedy, **options)

    found = measure(model(), users, moved, ADP, SCALE, 8)
    np.testing.assert_allclose(getattr(found, norm), 0.005, rtol=1e-4)
    assert unprojected == pytest.approx(3 * 0.005 * (1 if norm == "linf" else 8), rel=1e-4)


def test_a_non_number_is_refused() -> None:
    """An attack that returns NaN is refused."""
    with pytest.raises(ValueError, match="non-finite values; correct its plugin"):
        outcome(lambda loss, x, *, eps, generators: x * torch.nan)


def test_leaves_no_trace() -> None:
    """An attack does not change weights, statistics and gradients of the localizer."""
    victim = model()
    before = {key: value.clone() for key, value in victim.state_dict().items()}
    outcome(plugins.attack(PGD), victim=victim)

    assert all(torch.equal(value, before[key]) for key, value in victim.state_dict().items())
    assert all(parameter.grad is None for parameter in victim.parameters())


@pytest.mark.parametrize("name", ["adp", "csi", "antenna"])
def test_power_over_the_air(name: str) -> None:
    """An attack at -20 dB has a PSR of -20 dB for every user; a silent user stays silent."""
    convention, silent = CONVENTIONS["paper"], CSI.copy()
    silent[3] = 0
    adp = from_matrix(silent, convention).astype(np.float32)
    users = {
        "adp": domains.of_profiles(adp, SCALE),
        "csi": domains.of_channels(silent, SCALE, convention),
        "antenna": domains.of_antenna(silent, SCALE, convention, 0.2),
    }[name]
    attack = plugins.attack({"plugin": "gradient", "norm": "l2", "parameters": {"steps": 4, "step": 5.0}})
    options = {"eps": 0.1, "norm": "l2", "seeds": list(range(11)), "batch_size": 8}
    moved, *_ = craft(model(), users, POSITIONS, attack, **options)
    found = measure(model(), users, moved, adp, SCALE, 8)

    loud = np.arange(11) != 3
    np.testing.assert_allclose(found.psr_db[loud], -20, atol=1e-3)
    assert found.psr_db[3] == -np.inf
    assert found.l2[3] == 0
    # the lemma of docs/attacks.md: the profile moves by at most the sent perturbation
    level = np.linalg.norm(SCALE.apply(adp).reshape(11, -1), axis=1)
    assert (found.l2[loud] <= 0.1 * level[loud] * (1 + 1e-3)).all()
    errors = [np.linalg.norm(p - POSITIONS, axis=1)[loud] for p in (found.prediction, found.clean_prediction)]
    assert np.sqrt((errors[0] ** 2).mean()) > np.sqrt((errors[1] ** 2).mean())


def test_targets_and_examples() -> None:
    """An attack that learns receives the examples and runs once, also with a target."""
    asked = []

    def learning(loss, x, *, eps, generators, examples):
        asked.append((len(x), [len(batch) for _, batch in examples]))
        return (
            x
            + eps
            * torch.sign(torch.autograd.grad(examples[0][0](z := examples[0][1].requires_grad_()).sum(), z)[0])[:1]
        )

    examples = (domains.of_inputs(ADP[:10], SCALE), POSITIONS[:10])
    found = outcome(learning, batch_size=4, examples=examples, aim=closeness)

    assert asked == [(11, [10])]
    np.testing.assert_allclose(found.linf, 0.01, rtol=1e-4)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_each_user_has_its_own_budget(norm: str) -> None:
    """With one epsilon per user, a perturbation within the largest of them can exceed its own."""
    x, each = torch.rand(3, 1, 4, 4), torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1, 1)
    offset = each.expand_as(x) * (1 if norm == "linf" else 1 / 4)

    verify(offset, x, each, norm)
    with pytest.raises(UserError, match=rf"expected a {norm} perturbation of at most 0\.1.* found 0\.2"):
        verify(offset[[1, 1, 2]], x, each, norm)
