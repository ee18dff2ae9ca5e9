"""Run foreign code, which may leave torch or a network in another state, and put the state back."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def contained(model: nn.Module | None = None) -> Iterator[None]:
    """Run a plugin's code; afterwards restore torch's gradient mode and default type, and the network's modes.

    Args:
        model: a network that the code can reach.

    Raises:
        ValueError: the code raised an error of another type. A loop around it would take `StopIteration` for its own
            end.
    """
    enabled, kind = torch.is_grad_enabled(), torch.get_default_dtype()
    modes = [(module, module.training) for module in model.modules()] if model else []
    try:
        yield
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(f"a plugin or the network raised {error!r}") from error
    finally:
        torch.set_grad_enabled(enabled)
        torch.set_default_dtype(kind)
        for module, training in modes:
            module.training = training


@contextmanager
def same_buffers(model: nn.Module) -> Iterator[None]:
    """Afterwards put a network's buffers back in their places, where it may have put other tensors."""
    slots = [(module, list(module.named_buffers(recurse=False))) for module in model.modules()]
    try:
        yield
    finally:
        for module, buffers in slots:
            for name, buffer in buffers:
                setattr(module, name, buffer)


@contextmanager
def restored(model: nn.Module) -> Iterator[None]:
    """Afterwards restore a network's weights, statistics, gradients and modes, whatever foreign code did to them."""
    tensors = [(tensor, tensor.data, tensor.data.clone()) for tensor in (*model.parameters(), *model.buffers())]
    gradients = [(part, part.grad, None if part.grad is None else part.grad.clone()) for part in model.parameters()]
    try:
        with contained(model), same_buffers(model):
            yield
    finally:
        with torch.no_grad():
            for tensor, data, content in tensors:
                tensor.data = data if torch.equal(data, content) else content
            for part, gradient, content in gradients:
                part.grad = gradient if gradient is None or torch.equal(gradient, content) else content
