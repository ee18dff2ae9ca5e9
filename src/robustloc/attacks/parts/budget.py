"""Run an attack without trust in it: it works on copies, its result is checked, and no result leaves the ball.

Every caller of an attack goes through `checked`, so an attack cannot change the users and budgets that it is judged by.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.containment import contained
from robustloc.attacks.parts.steps import Loss, check_eps, project, size

# relative tolerance for the rounding of x + eps
TOLERANCE = 1e-5


def bounded(attack: Callable[..., Tensor], norm: str, name: str) -> Callable[..., Tensor]:
    """Return an attack (loss, x, *, eps, …) -> x whose results are checked and lie in the ball.

    Args:
        attack: (loss, x, *, eps, …) -> x.
        norm: norm of the budget, ``linf`` or ``l2``.
        name: name of the attack; the message of a `ValueError` begins with it.
    """

    def run(loss: Loss, x: Tensor, *, eps: float | Tensor, **options: object) -> Tensor:
        """Attack and project; see `checked`."""
        try:
            return held(checked(attack, loss, x, eps=eps, **options), x, eps, norm)
        except ValueError as error:
            raise ValueError(f"attack {name}: {error}") from error

    return run


def checked(attack: Callable[..., Tensor], loss: Loss, x: Tensor, *, eps: float | Tensor, **options: object) -> Tensor:
    """Run an attack on copies of its arguments and check its result.

    Args:
        attack: (loss, x, *, eps, …) -> x.
        loss: inputs (N, …) -> losses (N,).
        x: inputs (N, …); they stay as they are, whatever the attack does.
        eps: radius of the ball around each input.
        options: further arguments of the attack, such as ``generators``.

    Returns:
        The perturbed inputs (N, …), which may lie outside the ball; without inputs, no perturbed inputs.

    Raises:
        ValueError: eps is negative or not finite, or the attack returns something else than finite inputs of the
            shape, type and device of x.
    """
    check_eps(eps)
    if len(x) == 0:
        return x.detach().clone()
    with contained():
        moved = attack(loss, copied(x), eps=copied(eps), **{name: copied(value) for name, value in options.items()})
    check_moved(moved, x)
    # a copy, since the attack may keep its result and change it later
    return moved.detach().clone()


def copied(value: object) -> object:
    """Copy tensors, also those in lists; generators keep their state and losses stay the same."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    return [copied(part) for part in value] if isinstance(value, list | tuple) else value


def check_moved(moved: object, x: Tensor) -> None:
    """Raise a `ValueError` if the result of an attack is not a finite tensor like its inputs x (N, …)."""
    # a subclass may compute in its own way, and no other layout can be projected
    if type(moved) not in (Tensor, nn.Parameter) or moved.layout != torch.strided:
        found = moved.layout if type(moved) is Tensor else type(moved).__name__
        raise ValueError(f"expected a dense torch.Tensor from the attack, found {found}; correct its plugin")
    wanted, found = ((tuple(part.shape), part.dtype, part.device.type) for part in (x, moved))
    if wanted != found:
        described = [f"shape {shape}, {kind}, {device}" for shape, kind, device in (wanted, found)]
        raise ValueError(f"expected {described[0]} from the attack, found {described[1]}; correct its plugin")
    if not torch.isfinite(moved).all():
        raise ValueError(
            f"expected finite values from the attack, found {(~torch.isfinite(moved)).sum()} non-finite values; "
            "correct its plugin"
        )
    if not torch.isfinite(size(moved - x, "l2")).all():
        raise ValueError(
            "expected perturbations with a finite norm from the attack, found values up to "
            f"{float(moved.abs().max()):g}; correct its plugin"
        )


def held(moved: Tensor, x: Tensor, eps: float | Tensor, norm: str) -> Tensor:
    """Project the samples that lie outside the ball by more than rounding; the other samples keep their bits."""
    allowed = eps * (1 + TOLERANCE) + rounding(moved, norm)
    return torch.where(size(moved - x, norm) > allowed, project(moved, x, eps, norm), moved)


def rounding(moved: Tensor, norm: str) -> Tensor:
    """Return the rounding error of each sample's perturbation, shaped (N, 1, …); it is that of the inputs."""
    return torch.finfo(moved.dtype).eps * size(moved, "linf") * (moved[0].numel() ** 0.5 if norm == "l2" else 1)
