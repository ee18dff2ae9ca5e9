"""Count the gradients that a training computes, whoever asks for them: the training itself, a defence, or its attacks.

A gradient is one forward and one backward pass of one user through the localizer. It is what training costs, the same
on every machine. Estimates without a gradient do not count. A gradient that is differentiated again counts twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Count:
    """Number of gradients of single users."""

    total = 0


@contextmanager
def counting(localizer: nn.Module, count: Count) -> Iterator[None]:
    """Count the gradients that are computed through a localizer, or a deep copy of it, inside the context.

    Args:
        localizer: inputs (N, …) -> estimates (N, 3).
        count: grows with each gradient.
    """

    # plain functions: a deep copy of the localizer has the same ones, and so the same count
    def passed(gradient: Tensor) -> None:
        """Count a backward pass."""
        # torch enables gradients in a backward pass only if the pass is to be differentiated
        count.total += len(gradient) * (2 if torch.is_grad_enabled() else 1)

    def estimated(module: nn.Module, inputs: tuple, estimate: object) -> None:
        """Wait for backward passes through an estimate."""
        if isinstance(estimate, Tensor) and estimate.requires_grad:
            estimate.register_hook(passed)

    handle = localizer.register_forward_hook(estimated)
    try:
        yield
    finally:
        handle.remove()
