"""Per-sample losses that an attack maximises, for any network that maps inputs (N, …) to positions (N, 3) [m].

The network runs in eval mode, on a copy of its inputs. Afterwards its mode, weights, statistics and gradients are as
before, and so are the inputs. What the network gives to attacks is used here; see
`robustloc.attacks.parts.seeing_through`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.containment import same_buffers
from robustloc.attacks.parts.seeing_through import candidates, draws, standing_in


class SquaredError:
    """The loss that drives estimates away from the true positions: inputs (N, …) -> |f(x) - position|^2 (N,) [m^2].

    For random estimates it is the mean over as many of them as the network asks for.

    Args:
        model: inputs (N, …) -> estimates (N, 3) [m].
        position: true positions (N, 3) [m].
    """

    def __init__(self, model: nn.Module, position: Tensor):
        self.model, self.position = model, position.clone()  # an attack can reach it through the loss

    def __call__(self, x: Tensor) -> Tensor:
        """Return one loss per sample (N,) [m^2]; it raises what `displacements` raises."""
        return mean_square(self.displacements(x))

    def displacement(self, x: Tensor) -> Tensor:
        """Return the vectors (N, 3) [m] from the true positions to the estimates; the mean ones if these are random."""
        return self.displacements(x).mean(dim=0)

    def displacements(self, x: Tensor) -> Tensor:
        """Return the vectors (draws, N, 3) [m] from the true positions to each of the estimates.

        Raises:
            ValueError: the network returns something else than estimates (N, 3), there are not N positions, or what
                the network gives to attacks is faulty.
        """
        found = [estimates(self.model, x) for _ in range(draws(self.model))]
        check_target(self.position, found[0])
        return torch.stack([estimate - self.position for estimate in found])

    def candidates(self, x: Tensor) -> list[Tensor]:
        """Return the directions (N, …) that the network proposes; it raises what `seeing_through.candidates` raises."""
        with evaluating(self.model):
            return candidates(self.model, x)


def mean_square(displacements: Tensor) -> Tensor:
    """Return the mean squared lengths (N,) [m^2] of vectors (draws, N, 3) [m]."""
    return (displacements**2).sum(dim=2).mean(dim=0)


@dataclass
class Through:
    """A loss of model inputs as a loss of another variable, which an attacker moves.

    Attributes:
        into: variables (N, …) -> model inputs, with gradients.
        loss: of model inputs.
        direct: whether the variables are the inputs themselves.
        evaluations: how often the loss was asked for.
    """

    into: Callable[[Tensor], Tensor]
    loss: Callable[[Tensor], Tensor]
    direct: bool = False
    evaluations: int = 0

    def __call__(self, x: Tensor) -> Tensor:
        """Return one loss per sample (N,)."""
        return self._evaluated(self.loss, x)

    @property
    def displacements(self) -> Callable[[Tensor], Tensor]:
        """Variables (N, …) -> displacements (draws, N, 3) [m]; missing if the loss has none."""
        return partial(self._evaluated, self.loss.displacements)

    @property
    def candidates(self) -> Callable[[Tensor], list[Tensor]]:
        """Inputs (N, …) -> the directions (N, …) that the network proposes; missing for other variables."""
        if not self.direct:
            raise AttributeError("candidates")
        return self.loss.candidates

    def _evaluated(self, function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        self.evaluations += 1
        return function(self.into(x))


def closeness(model: nn.Module, target: Tensor) -> Callable[[Tensor], Tensor]:
    """Return the loss that draws estimates to false positions (N, 3) [m]: -|f(x) - target|^2 [m^2]."""
    distance = SquaredError(model, target)
    return lambda x: -distance(x)


def estimates(model: nn.Module, x: Tensor) -> Tensor:
    """Return a network's estimates (N, 3) for inputs (N, …), in eval mode, with the gradient that attacks follow.

    Raises:
        ValueError: the network returns something else, or its stand-in is faulty.
    """
    with evaluating(model), standing_in(model):
        found = model(untouched(x))
    check_estimates(found, len(x))
    return found


def untouched(x: Tensor) -> Tensor:
    """Return a copy of inputs for a network, which may work in place on it; gradients pass through the copy."""
    return x.clone()


def check_estimates(found: object, users: int) -> None:
    """Raise a `ValueError` if the output of a network is not one position (3,) for each of some users."""
    if not isinstance(found, Tensor):
        seen = type(found).__name__
    elif found.shape != (users, 3):
        seen = f"shape {tuple(found.shape)}"
    elif not found.is_floating_point():
        seen = f"numbers of type {found.dtype}"
    else:
        return
    raise ValueError(
        f"expected estimates of shape ({users}, 3) for {users} users, found {seen}; let the network return the "
        "positions alone, as floating-point numbers"
    )


def check_target(position: Tensor, estimate: Tensor) -> None:
    """Raise a `ValueError` if positions do not have the shape of the estimates; other shapes could broadcast."""
    if position.shape != estimate.shape:
        raise ValueError(
            f"expected positions of shape {tuple(estimate.shape)}, as the estimates, found {tuple(position.shape)}; "
            "correct the positions"
        )


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Keep a network in eval mode; afterwards restore the mode of each of its parts."""
    # `model.eval()` and `model.train()` would lose the mode of parts that are frozen in eval mode
    training = [module for module in model.modules() if module.training]
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True


@contextmanager
def in_double_precision(model: nn.Module) -> Iterator[None]:
    """Keep the weights and buffers of a network in double precision; afterwards they are the same tensors as before.

    A deep copy would do the same, but a network that keeps results of its forward pass cannot be copied.
    """
    tensors = [part for part in (*model.parameters(), *model.buffers()) if part.is_floating_point()]
    before = [part.data for part in tensors]
    for part in tensors:
        part.data = part.data.double()
    try:
        with same_buffers(model):
            yield
    finally:
        for part, data in zip(tensors, before, strict=True):
            part.data = data
