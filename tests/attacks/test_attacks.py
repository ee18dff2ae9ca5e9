"""Every attack stays in its ball, does nothing at epsilon 0, and treats a user alone as in a batch."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from configurations import LIBRARY
from torch import Tensor, nn

from robustloc.attacks.parts.budget import bounded
from robustloc.attacks.parts.losses import SquaredError
from robustloc.base import plugins
from robustloc.experiment.entries import entry

# entries that move the model's input; other tests cover the other domains
CONFIGURED = {
    name: entry(LIBRARY, "attacks", name)
    for name, given in LIBRARY["attacks"].items()
    if "members" not in given and "domain" not in given
}
EPS = 0.05


def smooth_model() -> nn.Module:
    """A small smooth network in double precision, so that signs do not depend on rounding."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 4, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(4 * 36, 3)]
    return nn.Sequential(*layers).double().requires_grad_(False)


MODEL = smooth_model()
X = torch.rand(32, 1, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
Y = torch.randn(32, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


def squared_error(y: Tensor) -> SquaredError:
    """Per-sample squared position error of the model."""
    return SquaredError(MODEL, y)


def generators(users: range) -> list[torch.Generator]:
    """One generator per user, seeded by the user."""
    return [torch.Generator().manual_seed(user) for user in users]


def run(name: str, users: range = range(32), eps: float | Tensor = EPS, x: Tensor = X) -> Tensor:
    """Attack some of the users."""
    part = slice(users.start, users.stop)
    return bound(ATTACKS[name])(squared_error(Y[part]), x[part], eps=eps, generators=generators(users))


def bound(entry: dict) -> Callable[..., Tensor]:
    """Return an attack as a run calls it, on copies; an attack that learns gets the attacked users as examples."""
    learns = "examples" in plugins.options("attacks", entry["plugin"])
    perturb = partial(plugins.attack(entry), **{"examples": [(squared_error(Y), X.clone())]} if learns else {})
    return bounded(perturb, entry["norm"], entry["plugin"])


def has_form(entry: dict) -> bool:
    """Say whether an attack is defined for the norm and needs no parameter."""
    options = plugins.options("attacks", entry["plugin"])
    if any(option.required for name, option in options.items() if name not in plugins.PROVIDED["attacks"]):
        return False
    try:
        bound(entry)(squared_error(Y[:1]), X[:1], eps=EPS, generators=generators(range(1)))
    except ValueError:
        return False
    return True


# every plugin file with its own defaults, also if no configuration names it
DEFAULTS = {
    f"{plugin}-{norm}": {"plugin": plugin, "norm": norm, "parameters": {}}
    for plugin in plugins.names("attacks")
    for norm in ("linf", "l2")
}
ATTACKS = CONFIGURED | {name: entry for name, entry in DEFAULTS.items() if has_form(entry)}


def test_every_file_is_tested() -> None:
    """No attack refuses both norms; one that needs parameters is configured."""
    assert {entry["plugin"] for entry in ATTACKS.values()} == set(plugins.names("attacks"))


def size(difference: Tensor, norm: str) -> Tensor:
    """Size of each sample's perturbation."""
    return torch.linalg.vector_norm(difference.flatten(1), ord=float("inf") if norm == "linf" else 2, dim=1)


@pytest.mark.parametrize("name", plugins.names("attacks"))
def test_can_be_configured(name: str) -> None:
    """The attack's name is valid in a configuration; its parameters are keyword-only and have types."""
    assert name.islower()
    assert name.isidentifier()
    plugins.options("attacks", name)


@pytest.mark.parametrize("name", ATTACKS)
def test_inside_the_ball(name: str) -> None:
    """Every sample's perturbation keeps its budget, with one epsilon for all or one per sample."""
    each = torch.linspace(0.01, EPS, 32, dtype=torch.float64).view(-1, 1, 1, 1)
    for eps in (EPS, each):
        spent = size(run(name, eps=eps) - X, ATTACKS[name]["norm"])
        assert (spent <= torch.as_tensor(eps).flatten() * (1 + 1e-12)).all()
        assert (spent > 0).all(), "an attack must move its samples"


@pytest.mark.parametrize("name", ATTACKS)
def test_epsilon_zero_is_the_identity(name: str) -> None:
    """At epsilon 0 the result equals the input to the bit."""
    assert torch.equal(run(name, eps=0.0), X)


@pytest.mark.parametrize("name", ATTACKS)
def test_batch_does_not_matter(name: str) -> None:
    """A batch of six equals six batches of one, and batches of 4, the last of which is not full."""
    together = run(name, users=range(6))
    for count in (1, 4):
        parts = [run(name, users=range(user, min(user + count, 6))) for user in range(0, 6, count)]
        # on a flat maximum, the last bit of the losses decides which of many points is the best
        atol = 1e-7 if ATTACKS[name]["plugin"] in ("apgd", "directions") else 1e-12
        torch.testing.assert_close(torch.cat(parts), together, rtol=0, atol=atol)


@pytest.mark.parametrize("name", ATTACKS)
def test_repeats(name: str) -> None:
    """The same seeds give the same result."""
    assert torch.equal(run(name), run(name))


@pytest.mark.parametrize("name", [name for name, entry in ATTACKS.items() if entry["plugin"] == "gradient"])
def test_loss_grows(name: str) -> None:
    """On average the gradient makes the error larger, by more than noise of its size."""
    noise = torch.empty_like(X).uniform_(-1, 1, generator=torch.Generator().manual_seed(3))
    norm = ATTACKS[name]["norm"]
    noise = EPS * (noise.sign() if norm == "linf" else noise / size(noise, "l2").view(-1, 1, 1, 1))
    loss = squared_error(Y)

    assert loss(run(name)).mean() > loss(X + noise).mean() > 0
    assert loss(run(name)).mean() > 1.01 * loss(X).mean()


@pytest.mark.parametrize("name", ATTACKS)
def test_flat_loss(name: str) -> None:
    """A loss without gradient gives no NaN and keeps the budget; an all-zero profile is a valid input."""
    constant = nn.Sequential(nn.Flatten(), nn.Linear(36, 3)).double().requires_grad_(False)
    nn.init.zeros_(constant[1].weight)
    flat = bound(ATTACKS[name])(SquaredError(constant, Y), X, eps=EPS, generators=generators(range(32)))
    empty = run(name, x=torch.zeros_like(X))

    assert torch.isfinite(flat).all()
    assert (size(flat - X, ATTACKS[name]["norm"]) <= EPS * (1 + 1e-12)).all()
    assert torch.isfinite(empty).all()


@pytest.mark.parametrize("name", [name for name, entry in ATTACKS.items() if entry["parameters"].get("minimum") == 0])
def test_minimum(name: str) -> None:
    """Attacks with a minimum of zero never make a negative magnitude."""
    assert (run(name, x=0.1 * EPS * X) >= 0).all()


@pytest.mark.parametrize("name", ATTACKS)
def test_works_without_gradients_around_it(name: str) -> None:
    """The result is the same inside no_grad and inference_mode, and carries no graph."""
    expected = run(name)
    with torch.no_grad():
        assert torch.equal(run(name), expected)
    with torch.inference_mode():
        assert torch.equal(run(name, x=X.clone()), expected)
    assert not expected.requires_grad


def test_unknown_norm() -> None:
    """A norm that does not exist is an error."""
    with pytest.raises(ValueError, match="expected norm in"):
        plugins.attack({"plugin": "gradient", "norm": "l3", "parameters": {}})(
            squared_error(Y), X, eps=EPS, generators=[]
        )
