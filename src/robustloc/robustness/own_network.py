"""Attack and examine any network that estimates positions: no configuration, no data set, no files."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from numbers import Integral, Real

import numpy as np
import torch
from torch import Tensor, nn

from robustloc.attacks import directions, gradient, noise, square
from robustloc.attacks.parts.budget import bounded
from robustloc.attacks.parts.containment import contained, restored
from robustloc.attacks.parts.losses import SquaredError, estimates, evaluating
from robustloc.attacks.parts.steps import Loss
from robustloc.base import plugins, seeds
from robustloc.base.errors import UserError
from robustloc.robustness import examination
from robustloc.robustness.crafting import LEARNT_AT_ONCE, batches, within_budget

# inputs per gradient; results do not depend on it, so it is not a parameter
AT_ONCE = 64
# attacks of `examine`
WITH_GRADIENTS = {"pgd": partial(gradient.perturb, **examination.PGD), "directions": directions.perturb}
WITHOUT = {"noise": noise.perturb, "square": partial(square.perturb, queries=100)}


def attack(
    model: nn.Module,
    x: Tensor | np.ndarray,
    position: Tensor | np.ndarray,
    name: str,
    *,
    eps: float,
    norm: str = "linf",
    seed: int = 0,
    examples: tuple[Tensor | np.ndarray, Tensor | np.ndarray] | None = None,
    **parameters: object,
) -> Tensor:
    """Move inputs within a budget, so that the position estimates of a network leave the true positions.

    The network runs in eval mode. Its weights, statistics, gradients and modes stay as they are. The function also
    works inside `torch.no_grad`. The random numbers of a sample depend only on the seed and on the index of the sample.
    So its result does not depend on the other samples.

    Args:
        model: inputs (N, …) -> position estimates (N, 3) [m].
        x: inputs (N, …).
        position: (N, 3) true positions [m].
        name: an attack plugin, which is a file in ``robustloc/attacks``: ``gradient`` (FGSM, PGD, MIM), ``apgd``,
            ``directions``, ``square``, ``spsa``, ``noise`` or ``universal``.
        eps: budget, the largest norm of a sample's perturbation, in units of the input.
        norm: norm of the budget, ``linf`` or ``l2``.
        seed: seed of the attack's random numbers.
        examples: inputs (M, …) and positions (M, 3) [m] of training users, for an attack that learns (``universal``).
        parameters: parameters of the attack, such as ``steps=40``, or ``minimum=0.0`` for inputs that are magnitudes.

    Returns:
        (N, …) moved inputs, on the network's device and in its precision.

    Raises:
        UserError: there is no such attack, the attack refuses a parameter or the norm, eps is negative, a shape does
            not fit, a number is not finite, or the attack returns something else than finite inputs like x.
    """
    if not isinstance(seed, Integral) or seed < 0:
        raise UserError(f"expected a whole number of at least 0, found {seed!r}; correct seed")
    x, position = _tensors(model, x, position)
    perturb, options = partial(_plugin(name, parameters, examples is not None), norm=norm, **parameters), {}
    if examples is not None:
        learnt, where = _tensors(model, *examples)
        cut = batches(len(learnt), LEARNT_AT_ONCE)
        options["examples"] = [(SquaredError(model, where[part]), learnt[part]) for part in cut]
    moved = []
    # an attack that learns is the same for all inputs, so it runs once
    for part in batches(len(x), len(x) if examples is not None else AT_ONCE):
        loss, numbers = SquaredError(model, position[part]), range(len(x))[part]
        options["generators"] = [torch.Generator().manual_seed(seeds.seed(seed, number)) for number in numbers]
        with _named(name), restored(model):
            held, _ = within_budget(perturb, loss, x[part], eps=eps, norm=norm, **options)
        moved.append(held)
    return torch.cat(moved)


def examine(
    model: nn.Module, x: Tensor | np.ndarray, position: Tensor | np.ndarray, *, eps: float
) -> dict[str, float | None]:
    """Measure the values that show whether the errors of a network under attack can be believed.

    Args:
        model: inputs (N, …) -> position estimates (N, 3) [m].
        x: (N, …) inputs, which are magnitudes: none is negative.
        position: (N, 3) true positions [m].
        eps: budget of the attacks (linf), in units of the input.

    Returns:
        Values by name. A value is None if it does not apply. Some of them:

        * ``clean_rmse_m``: RMSE without attack [m];
        * ``noise_rmse_m``, ``one_step_rmse_m``, ``pgd_rmse_m``, ``directions_rmse_m``, ``square_rmse_m``: RMSE under
          attack [m];
        * ``noise_hurts``, ``square_hurts``: share of users whose error is larger than under attacks with gradients;
        * ``dead_gradients``: share of users without a usable gradient;
        * ``gradient_ratio_low``, ``gradient_ratio_high``: central difference divided by gradient, 1 if the gradient is
          right: two quantiles over users;
        * ``repeat_m``: largest change of an estimate between two calls [m];
        * ``alone_m``: largest change of an estimate between a batch and the same user alone [m].

        docs/attacks.md describes all values and the limits of each check.

    Raises:
        UserError: a shape does not fit, an input is negative, eps is not above 0, or a number is not finite.
    """
    if not isinstance(eps, Real) or not 0 < eps < math.inf:
        raise UserError(f"expected a finite eps above 0, found {eps!r}; correct eps")
    x, position = _tensors(model, x, position)
    if float(x.min()) < examination.MINIMUM:
        raise UserError(f"expected inputs of at least 0 (magnitudes), found {float(x.min()):g}; correct x")
    with _named(type(model).__name__), evaluating(model):
        figures, _ = examined(model, x, position, eps)
    under = {kind: figures.pop(kind) for kind in ("rmse_m", "hurts")}
    return figures | {f"{name}_{kind}": value for kind, found in under.items() for name, value in found.items()}


def examined(
    model: nn.Module, x: Tensor, position: Tensor, eps: float, solver: nn.Module | None = None
) -> tuple[dict[str, float | dict[str, float] | None], np.ndarray]:
    """Attack and examine a network; return the values, and each user's largest error (N,) [m] under gradients."""
    loss = SquaredError(model, position)
    gradients, others = (_errors(loss, x, eps, some) for some in (WITH_GRADIENTS, WITHOUT))
    known = {"eps": eps, "largest": float(x.max()), "constant": position.mean(dim=0)}
    figures = examination.examine(model, x, position, **known, gradients=gradients, others=others, solver=solver)
    return figures, np.maximum.reduce(list(gradients.values()))


def _errors(loss: Loss, x: Tensor, eps: float, attacks: dict[str, Callable]) -> dict[str, np.ndarray]:
    """Return the errors (N,) [m] under each attack."""
    found = {}
    for name, perturb in attacks.items():
        attack = bounded(partial(perturb, norm="linf", minimum=examination.MINIMUM), "linf", name)
        found[name] = examination.errors(loss, attack(loss, x, eps=eps))
    return found


def _tensors(model: nn.Module, x: Tensor | np.ndarray, position: Tensor | np.ndarray) -> tuple[Tensor, Tensor]:
    """Copy inputs and positions to the network's device and precision, and check shapes, numbers and estimates."""
    x, position = (part.detach().clone() if isinstance(part, Tensor) else torch.tensor(part) for part in (x, position))
    if x.is_complex() or position.is_complex():
        raise UserError(
            "expected real numbers in x and position, found complex ones; pass magnitudes, or real and imaginary parts "
            "along an axis"
        )
    weights = (part for part in chain(model.parameters(), model.buffers()) if part.is_floating_point())
    like = next(weights, x if x.is_floating_point() else x.float())
    x, position = (part.to(device=like.device, dtype=like.dtype) for part in (x, position))
    if len(x) == 0 or tuple(position.shape) != (len(x), 3):
        raise UserError(
            f"expected x of shape (N, …), N at least 1, and position of shape (N, 3), found {tuple(x.shape)} and "
            f"{tuple(position.shape)}"
        )
    for name, part in {"x": x, "position": position}.items():
        if wrong := int((~torch.isfinite(part)).reshape(len(x), -1).any(dim=1).sum()):
            raise UserError(f"expected finite numbers, found NaN or inf for {wrong} of {len(x)} users; correct {name}")
    with _named(type(model).__name__), torch.no_grad():
        found = estimates(model, x[:2])
    if not torch.isfinite(found).all():
        raise UserError(f"{type(model).__name__}: expected finite estimates, found NaN or inf; correct the network")
    return x, position


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Turn errors of foreign code, and its wish to end the program, into a `UserError` with the name of the code."""
    try:
        with contained():
            yield
    except ValueError as error:
        raise UserError(f"{name}: {error}") from error
    except SystemExit as stop:
        raise UserError(f"{name}: the attack or the network called exit({stop.code!r}); raise an error there") from stop


def _plugin(name: str, parameters: dict, has_examples: bool) -> Callable[..., Tensor]:
    """Check the parameters of an attack and return its function."""
    perturb, options = plugins.load("attacks", name).perturb, plugins.options("attacks", name)
    valid = options.keys() - plugins.PROVIDED["attacks"]
    if unknown := sorted(parameters.keys() - valid):
        raise UserError(f"{name}: unknown parameters {', '.join(unknown)}; valid ones: {', '.join(sorted(valid))}")
    if has_examples != ("examples" in options):
        needs = "does not learn; leave examples out" if has_examples else "learns; pass examples=(inputs, positions)"
        raise UserError(f"{name}: this attack {needs}")
    return perturb
