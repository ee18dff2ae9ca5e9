"""Call defences, and the optional methods of networks, without trust in them: on copies, and with checked results."""

import inspect
from collections.abc import Callable

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.containment import contained, restored
from robustloc.base.errors import UserError
from robustloc.defences.parts.base import Defence

METHODS = [name for name, value in vars(Defence).items() if callable(value)]


class Guarded(Defence):
    """A defence whose methods are called on copies, cannot change the localizer, and have checked results.

    Only `loss`, which each step of training calls, can change weights and statistics.

    Args:
        defence: the defence, as its plugin built it.

    Raises:
        UserError: it is no `Defence`, a method takes other arguments, or ``repeats`` is no number of presentations.
    """

    def __init__(self, defence: Defence):
        if not isinstance(defence, Defence):
            raise UserError(f"expected a Defence from the defence's build(), found {type(defence).__name__}; return it")
        self.defence, self.repeats = defence, defence.repeats
        for name in METHODS:
            check_call(f"the defence's {name}()", getattr(defence, name), getattr(Defence(), name))
        if type(self.repeats) is not int or self.repeats < 1:
            raise UserError(f"expected a whole number of at least 1 as the defence's repeats, found {self.repeats!r}")

    def on_training_set(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> tuple[Tensor, Tensor]:
        """Return the users to train on: (M, 1, angle bins, delay bins) and (M, 3) [m]."""
        with restored(localizer):
            found = self.defence.on_training_set(localizer, *copies(x, y), eps, generators)
        pair = found if isinstance(found, tuple | list) and len(found) == 2 else (found, None)
        users = len(pair[0]) if isinstance(pair[0], Tensor) and pair[0].ndim else 0
        wanted = [f"shape {(max(users, 1), *part.shape[1:])}, {part.dtype}" for part in (x, y)]
        returned = [described(part) for part in pair]
        if returned != wanted or not all(torch.isfinite(part).all() for part in pair):
            raise ValueError(
                "expected finite inputs and positions of the same users from the defence's on_training_set(), such as "
                f"{' and '.join(wanted)}; found {' and '.join(returned)}{', not all finite' * (returned == wanted)}"
            )
        return pair[0].detach(), pair[1].detach()

    def on_epoch(self) -> None:
        """Let the defence begin an epoch."""
        with contained():
            self.defence.on_epoch()

    def loss(self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]) -> Tensor:
        """Return the loss that training minimises [m]."""
        with contained(localizer):
            found = number("the defence's loss()", self.defence.loss(localizer, x, y, eps, generators))
        if not found.requires_grad:
            raise ValueError(
                "expected a loss with a gradient from the defence's loss(), found one without; remove detach(), item() "
                "and torch.no_grad() from it"
            )
        return found

    def after_backward(self) -> None:
        """Let the defence use the gradients."""
        with contained():
            self.defence.after_backward()

    def score(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> Tensor:
        """Return the score of validation users [m]."""
        with restored(localizer):
            return number("the defence's score()", self.defence.score(localizer, *copies(x, y), eps, generators))

    def wrap(self, localizer: nn.Module, eps: float) -> nn.Module:
        """Return the localizer that replaces the trained one."""
        with restored(localizer):
            found = self.defence.wrap(localizer, eps)
        if not isinstance(found, nn.Module):
            raise UserError(f"expected an nn.Module from the defence's wrap(), found {type(found).__name__}; return it")
        return found


def copies(*tensors: Tensor) -> list[Tensor]:
    """Return copies for a plugin, which may work in place on what it gets."""
    return [tensor.clone() for tensor in tensors]


def penalty(network: nn.Module) -> Tensor | float:
    """Return the penalty that a network may add to the loss, in units of the positions' spread; 0 without one."""
    if not getattr(network, "penalty", None):
        return 0.0
    with contained(network):
        return number("the network's penalty()", network.penalty())


def number(source: str, found: object) -> Tensor:
    """Raise a `ValueError` if a result is not a tensor with one floating-point number."""
    if not isinstance(found, Tensor) or found.numel() != 1 or not found.is_floating_point():
        raise ValueError(f"expected a tensor with one number from {source}, found {described(found)}; return it")
    return found


def check_call(source: str, method: Callable, like: Callable) -> None:
    """Raise a `UserError` if a plugin's method cannot be called with the arguments of another one."""
    names = list(inspect.signature(like).parameters)
    try:
        inspect.signature(method).bind(*names)
    except TypeError as error:
        raise UserError(f"expected {source} to take {', '.join(names) or 'no arguments'}: {error}") from error


def described(value: object) -> str:
    """Describe a value that a plugin returned."""
    return f"shape {tuple(value.shape)}, {value.dtype}" if isinstance(value, Tensor) else type(value).__name__
