"""Per-sample losses that an attack maximises, for any network that maps inputs (N, …) to positions (N, 3) [m].

The network runs in eval mode. Afterwards its mode, weights, statistics and gradients are as before.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import Tensor, nn


def squared_error(model: nn.Module, position: Tensor) -> Callable[[Tensor], Tensor]:
    """Return the loss that drives estimates away from the true positions: |f(x) - position|^2 [m^2].

    Args:
        model: inputs (N, …) -> estimates (N, 3) [m].
        position: true positions (N, 3) [m].
    """

    def error(x: Tensor) -> Tensor:
        """Return one loss per sample."""
        with evaluating(model):
            return ((model(x) - position) ** 2).sum(dim=1)

    return error


def closeness(model: nn.Module, target: Tensor) -> Callable[[Tensor], Tensor]:
    """Return the loss that draws estimates to false positions (N, 3) [m]: -|f(x) - target|^2 [m^2]."""
    distance = squared_error(model, target)
    return lambda x: -distance(x)


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
