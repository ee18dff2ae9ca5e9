"""Examination of a trained localizer: the values from which its verdict is made."""

import hashlib
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from robustloc.attacks import gradient, noise
from robustloc.attacks.parts.budget import checked, held
from robustloc.attacks.parts.losses import SquaredError, estimates, in_double_precision
from robustloc.attacks.parts.seeing_through import draws, has_stand_in
from robustloc.attacks.parts.steps import Loss, random_point, size, sources, value_and_gradient
from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.robustness.convergence import hurt, rmse
from robustloc.robustness.folding import folded

# an ADP is a magnitude, so no attack may go below 0
MINIMUM = 0.0
PGD = {"steps": 10, "step": 2.5, "random_start": True, "keep_best": True, "minimum": MINIMUM}
# step of the central difference, in units of the largest input: short, so that it rarely crosses a kink of a ReLU, and
# long enough for double precision
DIFFERENCE = 1e-7
# share of users beyond each of the two quantiles of the gradient ratio
QUANTILE = 0.05
# number of users who are also estimated one by one
ALONE = 32
# epsilon that can destroy an input, in units of the largest input
UNBOUNDED = 0.5
# reference for an ODE solver: small fixed steps
FINE = {"solver": "rk4", "steps": 8}


def pgd() -> Callable:
    """Return the PGD of an examination: (loss, x, *, eps, norm) -> x."""
    return _fixed(gradient.perturb, **PGD)


def fine_solver(model: str) -> dict | None:
    """Return the parameters with which a model plugin solves its ODE in small steps; None if it has no ODE."""
    known = plugins.options("models", model) if model in plugins.names("models") else {}
    is_solved = known.keys() >= FINE.keys() and f"'{FINE['solver']}'" in known["solver"].annotation
    return FINE if is_solved else None


def examine(
    localizer: nn.Module,
    x: Tensor,
    position: Tensor,
    *,
    eps: float,
    largest: float,
    constant: Tensor,
    gradients: dict[str, np.ndarray],
    others: dict[str, np.ndarray],
    solver: nn.Module | None = None,
) -> dict[str, float | dict[str, float] | None]:
    """Measure all values that `robustloc.robustness.verdict` judges, except transfer and convergence.

    Args:
        localizer: the network in question, inputs -> positions [m].
        x: (N, 1, angle bins, delay bins) scaled inputs of the examined users.
        position: (N, 3) true positions [m].
        eps: reference epsilon, on the input's scale.
        largest: largest input of the training users, on the same scale.
        constant: (3,) mean training position [m].
        gradients: attack with gradients at the reference epsilon -> the users' errors (N,) [m].
        others: attack without gradients at the same epsilon -> the users' errors (N,) [m].
        solver: a network with the same weights that solves its ODE with fixed steps of RK4; None if it has no ODE.

    Returns:
        Values by name. ``rmse_m`` has the RMSE [m] under each given attack, and ``hurts`` the share of users whom each
        attack of ``others`` hurts, by the attack's name, which may be any. ``…_rmse_m`` [m] and the rest are from this
        examination. A value is None if its check does not apply.

    Raises:
        UserError: an attack breaks a rule, or an estimate under attack is not a finite number.
    """
    before, loss = _traces(localizer), SquaredError(localizer, position)
    climbed = SquaredError(folded(localizer, x[:ALONE]), position)
    figures: dict[str, float | dict[str, float] | None] = {"clean_rmse_m": rmse(errors(loss, x)), "budget": 0.0}
    given, under = gradients | others, {}
    for name, (attack, radius) in _ladder(eps, largest).items():
        wished = _crafted(name, attack, climbed, x, radius)
        under[name] = errors(loss, held(wished, x, radius, "linf"))
        figures["budget"] = max(figures["budget"], _overspent(wished, x, radius))
    figures["rmse_m"] = {name: _finite(name, rmse(found)) for name, found in given.items()}
    figures |= {f"{name}_rmse_m": _finite(name, rmse(found)) for name, found in under.items()}
    most = np.maximum.reduce(list(gradients.values()))
    figures["hurts"] = {name: hurt(found, most) for name, found in others.items()}
    own = np.maximum(most, under["ladder"])
    figures["solver_hurts"] = None if solver is None else hurt(_through(solver, loss, x, position, eps), own)
    figures["constant_rmse_m"] = float(((constant - position) ** 2).sum(dim=1).mean().sqrt())
    figures["dead_gradients"] = _dead_gradients(localizer, loss, x, UNBOUNDED * largest)
    figures["beyond_gradients"] = _beyond_gradients(loss, x, eps)
    figures["traces"] = float(sum(a != b for a, b in zip(before, _traces(localizer), strict=True)))
    # the other checks use double precision, so that they do not take rounding for a fault
    x, position = x.double(), position.double()
    with in_double_precision(localizer):
        figures |= _gradient_ratios(SquaredError(localizer, position), x, eps, has_stand_in(localizer))
        figures["repeat_m"] = _largest(_estimate(localizer, x), _estimate(localizer, x))
        alone = torch.cat([_estimate(localizer, one) for one in x[:ALONE].split(1)])
        figures["alone_m"] = _largest(alone, _estimate(localizer, x)[:ALONE])
    figures["draws"] = draws(localizer)
    figures["closed_form"] = _closed_form_error()
    return figures


def errors(loss: Loss, x: Tensor) -> np.ndarray:
    """Position errors (N,) [m] of inputs under a squared-error loss."""
    with torch.no_grad():
        return loss(x).sqrt().double().cpu().numpy()


def _ladder(eps: float, largest: float) -> dict[str, tuple[Callable, float]]:
    """Return attacks of few gradients by name, each with its epsilon."""
    factors = {"ladder_quarter": 0.25, "ladder_half": 0.5, "ladder": 1.0, "ladder_double": 2.0}
    return {
        "one_step": (_fixed(gradient.perturb, steps=1, minimum=MINIMUM), eps),
        **{name: (pgd(), factor * eps) for name, factor in factors.items()},
        "unbounded": (pgd(), UNBOUNDED * largest),
    }


def _finite(name: str, value: float) -> float:
    if not math.isfinite(value):
        raise UserError(f"expected finite estimates under {name}, found NaN or inf; train the localizer again")
    return value


def _through(solver: nn.Module, loss: Loss, x: Tensor, position: Tensor, eps: float) -> np.ndarray:
    """Errors (N,) [m] of a network under PGD on another network with the same weights."""
    moved = _crafted("pgd", pgd(), SquaredError(solver, position), x, eps)
    return errors(loss, held(moved, x, eps, "linf"))


def _fixed(perturb: Callable, **options: object) -> Callable:
    return lambda loss, x, *, eps, norm: perturb(loss, x, eps=eps, norm=norm, **options)


def _crafted(name: str, attack: Callable, loss: Loss, x: Tensor, eps: float) -> Tensor:
    """Run an attack of the examination; the result may lie outside the ball, which is one of the checks."""
    try:
        return checked(attack, loss, x, eps=eps, norm="linf")
    except ValueError as error:
        raise UserError(f"{name}: {error}") from error


def _estimate(localizer: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        return estimates(localizer, x)


def _largest(a: Tensor, b: Tensor) -> float:
    return float(torch.linalg.vector_norm(a - b, dim=1).max())


def _overspent(moved: Tensor, x: Tensor, eps: float) -> float:
    """Largest perturbation divided by epsilon, after subtraction of the rounding error; infinite for inputs below 0."""
    rounding = torch.finfo(x.dtype).eps * float(moved.abs().max())
    return float("inf") if float(moved.min()) < MINIMUM else (float(size(moved - x, "linf").max()) - rounding) / eps


def _dead_gradients(localizer: nn.Module, loss: Loss, x: Tensor, unbounded: float) -> float:
    """Share of users without a usable gradient, among the users whose estimate moves when noise destroys the input.

    A network that ignores its input has a true gradient of zero, which is no fault.
    """
    noisy = _crafted("noise", noise.perturb, loss, x, unbounded)
    moves = (_estimate(localizer, noisy) != _estimate(localizer, x)).any(1)
    _, slope = value_and_gradient(loss, x)
    dead = ~torch.isfinite(slope).flatten(1).all(1) | (slope == 0).flatten(1).all(1)
    return float((dead & moves).sum() / moves.sum().clamp_min(1))


def _beyond_gradients(loss: SquaredError, x: Tensor, eps: float) -> float:
    """Share of users whom noise moves further than any perturbation could if the network were linear at x.

    The bound is epsilon times the L1 norm of the gradient of each coordinate. Noise reaches a small part of it where
    gradients describe the network, and exceeds it where they do not, as around steps with a tiny slope between them.
    """
    x = x.detach()
    noisy = _crafted("noise", noise.perturb, loss, x, eps)
    with torch.enable_grad():
        moving = x.clone().requires_grad_()
        before = loss.displacement(moving)
        rows = [torch.autograd.grad(before[:, n].sum(), moving, retain_graph=True)[0] for n in range(3)]
    bound = eps * torch.stack([size(row, "l1").flatten() for row in rows]).norm(dim=0)
    with torch.no_grad():
        moved = torch.linalg.vector_norm(loss.displacement(noisy) - before.detach(), dim=1)
    return float((moved > bound).double().mean())


def _gradient_ratios(loss: Loss, x: Tensor, eps: float, stands_in: bool) -> dict[str, float | None]:
    """Central difference along the gradient divided by its length: a low and a high quantile over users.

    The point is a random one of the ball. At a clean input that is constant over an area, poolings have ties and thus
    two slopes. Without gradients, and where attacks follow the gradient of a stand-in, both are None.
    """
    x = random_point(x, eps, "linf", sources(x, None))
    _, slope = value_and_gradient(loss, x)
    length = size(slope, "l2")
    alive = (length > 0).flatten()
    names = ("gradient_ratio_low", "gradient_ratio_high")
    if stands_in or not alive.any():
        return dict.fromkeys(names)
    step = DIFFERENCE * float(x.abs().max()) * slope / length.clamp_min(torch.finfo(x.dtype).tiny)
    with torch.no_grad():
        rise = (loss(x + step) - loss(x - step)) / (2 * DIFFERENCE * float(x.abs().max()))
    ratios = (rise / length.flatten())[alive]
    return {name: float(ratios.quantile(q)) for name, q in zip(names, (QUANTILE, 1 - QUANTILE), strict=True)}


def _traces(localizer: nn.Module) -> list[str]:
    """Texts that change when an attack changes weights, statistics, gradients or modes."""
    tensors = [*localizer.state_dict().values(), *(parameter.grad for parameter in localizer.parameters())]
    content = [b"" if tensor is None else tensor.detach().cpu().numpy().tobytes() for tensor in tensors]
    modes = [str(module.training) for module in localizer.modules()]
    return [hashlib.sha256(part).hexdigest() for part in content] + modes


def _closed_form_error() -> float:
    """Largest relative error of gradient attacks on |w x + r|, whose maximum has the closed form |r| + eps |w|.

    Here |w| is the dual norm: L1 for linf, L2 for l2.
    """
    weight = torch.linspace(-1, 1, 20, dtype=torch.float64)
    x, worst = torch.zeros(4, 20, dtype=torch.float64), 0.0
    loss: Loss = lambda x: (x @ weight + 0.5) ** 2  # noqa: E731
    for norm, reach in (("linf", weight.abs().sum()), ("l2", weight.norm())):
        for steps in (1, 10):
            found = loss(checked(gradient.perturb, loss, x, eps=0.01, norm=norm, steps=steps)).sqrt()
            worst = max(worst, float((found / (0.5 + 0.01 * reach) - 1).abs().max()))
    return worst
