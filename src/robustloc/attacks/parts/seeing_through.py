"""What a network gives to attacks, so that they see through parts without a useful gradient and through random numbers.

Stand-ins and draws come from Athalye et al. (ICML 2018), candidates from Sitawarin & Wagner (2020). Any part of a
network may have them: the network itself, the wrapper of a defence, or a single layer. Attacks use them without being
asked; estimates stay the network's own.

``stand_in(x)``
    A method, or a layer, with the arguments of the part's ``forward`` and a result of the same shape and type. Attacks
    take its gradient for that of the part (backward pass differentiable approximation), for example around rounding.
``candidates(x)``
    A method: inputs (N, …) -> some directions shaped like x, in which a perturbation may lead the estimate far away.
    ``directions`` tries the farthest point of the budget along each, where a gradient shows none of them.
``draws_for_attacks``
    A whole number, for a part with random numbers: attacks average over so many estimates of the same input
    (expectation over transformation).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

GIVEN = ("stand_in", "candidates", "draws_for_attacks")
# candidates that an attack tries at most
MOST = 1000


def draws(model: nn.Module) -> int:
    """Return over how many estimates attacks average: the largest number of a part, 1 if no part has one.

    Raises:
        ValueError: a part has something else than a whole number of at least 1.
    """
    largest = 1
    for part in model.modules():
        number = getattr(part, "draws_for_attacks", 1)
        if type(number) is not int or number < 1:
            raise ValueError(
                f"expected a whole number of at least 1 as draws_for_attacks of {type(part).__name__}, found {number!r}"
            )
        largest = max(largest, number)
    return largest


def candidates(model: nn.Module, x: Tensor) -> list[Tensor]:
    """Return the directions (N, …) that a part of a network proposes for inputs (N, …); none if no part does.

    Raises:
        ValueError: the part fails, or a direction is not a finite tensor like x.
    """
    part = next((part for part in model.modules() if hasattr(part, "candidates")), None)
    if part is None:
        return []
    own = f"the candidates() of {type(part).__name__}"
    try:
        with torch.no_grad():
            found = list(islice(part.candidates(x.clone()), MOST))
    except Exception as error:  # foreign code may raise any kind of error
        raise ValueError(f"{own} raised {error!r}; correct it") from error
    for way in found:
        if _described(way) != _described(x) or not torch.isfinite(way).all():
            raise ValueError(
                f"{own}: expected finite directions of {_described(x)}, found {_described(way)}; correct it"
            )
    return found


def has_stand_in(model: nn.Module) -> bool:
    """Say whether a part of a network has a stand-in, so that attacks follow another gradient than the network's."""
    return any(_stand_in(part) is not None for part in model.modules())


@contextmanager
def standing_in(model: nn.Module) -> Iterator[None]:
    """Give each part with a stand-in the gradient of that stand-in; its values stay those of its ``forward``.

    Raises:
        ValueError: a stand-in fails, is not differentiable, or its result differs in shape or type from the part's, or
            is not finite.
    """
    if not has_stand_in(model):
        yield
        return
    waiting: list[tuple] = []  # the result of its stand-in, or nothing, for each part whose forward has begun
    enabled = torch.is_grad_enabled()
    # hooks of all modules, because a TorchScript module has no hooks of its own
    before = register_module_forward_pre_hook(partial(_before, waiting))
    after = register_module_forward_hook(partial(_after, waiting))
    try:
        yield
    finally:
        torch.set_grad_enabled(enabled)  # a part may have failed
        before.remove()
        after.remove()


def _stand_in(part: nn.Module) -> object:
    return getattr(part, "stand_in", None)


def _before(waiting: list[tuple], part: nn.Module, given: tuple) -> None:
    """Call the stand-in if a gradient is wanted; the part itself then needs no graph."""
    if _stand_in(part) is None:
        return
    if not (torch.is_grad_enabled() and any(isinstance(value, Tensor) and value.requires_grad for value in given)):
        waiting.append(())
        return
    try:
        # copies, because the part or its stand-in may work in place
        copies = [value.clone() if isinstance(value, Tensor) else value for value in given]
        waiting.append((part.stand_in(*copies),))
    except Exception as error:  # foreign code may raise any kind of error
        raise ValueError(f"the stand_in() of {type(part).__name__} raised {error!r}; correct it") from error
    torch.set_grad_enabled(False)


def _after(waiting: list[tuple], part: nn.Module, given: tuple, found: object) -> Tensor | None:
    """Return the output of the part with the gradient of its stand-in."""
    if _stand_in(part) is None or not (result := waiting.pop()):
        return None
    (smooth,) = result
    torch.set_grad_enabled(True)
    if _described(smooth) != _described(found):
        seen = f"expected {_described(found)}, as from its forward(), found {_described(smooth)}"
    elif not torch.isfinite(smooth).all():
        seen = "expected finite numbers, found NaN or inf"
    elif not smooth.requires_grad:
        seen = "expected a result with a gradient, found one without; remove torch.no_grad() and detach() from it"
    else:
        return _Joined.apply(found, smooth)
    raise ValueError(f"the stand_in() of {type(part).__name__}: {seen}; correct it")


class _Joined(torch.autograd.Function):
    """The values of one tensor with the gradient of another; a sum of differences would round."""

    @staticmethod
    def forward(_: object, values: Tensor, smooth: Tensor) -> Tensor:
        """Return a copy of the values."""
        return values.clone()

    @staticmethod
    def backward(_: object, gradient: Tensor) -> tuple[None, Tensor]:
        """Give the gradient to the smooth tensor alone."""
        return None, gradient


def _described(value: object) -> str:
    return f"shape {tuple(value.shape)}, {value.dtype}" if isinstance(value, Tensor) else type(value).__name__
