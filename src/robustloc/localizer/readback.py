"""A checkpoint is what was trained: read it back and compare its estimates with those of the trained localizer."""

from pathlib import Path

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.losses import estimates
from robustloc.base.errors import UserError
from robustloc.localizer.checkpoint import load

# largest difference of estimates that rounding may cause, as a share of the largest coordinate
ROUNDING = 1e-4


def check(path: Path, trained: nn.Module, x: Tensor, plugin: str) -> None:
    """Compare the localizer in a checkpoint with the trained one.

    Args:
        path: the checkpoint.
        trained: the trained localizer, without a wrapper.
        x: (N, 1, angle bins, delay bins) scaled inputs of some users.
        plugin: name of the model's file.

    Raises:
        UserError: the estimates differ. The message names what the state dict does not hold.
    """
    read = load(path, bare=True)
    # before any estimate: a forward pass may keep its results as attributes
    unsaved = lost(trained, read)
    try:
        expected, found = (_seeded(model, x) for model in (trained, read))
        moved, limit = float((found - expected).abs().max()), ROUNDING * float(expected.abs().max())
    except AttributeError as error:  # an attribute that only the trained network has
        raise UserError(_message(plugin, f"found {error}", unsaved)) from error
    if not moved <= limit:
        raise UserError(_message(plugin, f"found a difference of {moved:.4g} m", unsaved))


def lost(trained: nn.Module, read: nn.Module) -> list[str]:
    """List what differs between a trained network and its copy from a checkpoint although no state dict holds it."""
    found, twins = [], dict(read.named_modules())
    for place, module in trained.named_modules():
        kept, other = _unsaved(module), _unsaved(twins[place]) if place in twins else {}
        for name, value in kept.items():
            if not _equal(value, other.get(name)):
                found.append(f"{place}.{name}".lstrip(".") + _remedy(module, name, value))
    return found


def _unsaved(module: nn.Module) -> dict[str, object]:
    """Return the plain attributes and the buffers of a module that are not part of its state dict."""
    buffers = {name: module._buffers[name] for name in module._non_persistent_buffers_set}
    own = vars(nn.Module()).keys()  # training, hooks and the like
    return {name: value for name, value in vars(module).items() if name not in own} | buffers


def _equal(value: object, other: object) -> bool:
    """Compare numbers, arrays and texts; other attributes count as equal, unless they hold layers."""
    if isinstance(value, str):
        return value == other
    mine, theirs = _numbers(value), _numbers(other)
    if mine is None:
        return not _holds_layers(value)
    return theirs is not None and torch.equal(mine, theirs)


def _numbers(value: object) -> Tensor | None:
    """Return numbers of any kind as a tensor; None for everything else."""
    try:
        return torch.as_tensor(value).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        return None


def _holds_layers(value: object) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple | set) else ()
    return any(isinstance(part, nn.Module | nn.Parameter) for part in parts)


def _remedy(module: nn.Module, name: str, value: object) -> str:
    if _holds_layers(value):
        return " (layers or weights in a plain container; use nn.ModuleList or nn.ParameterList)"
    if name in module._non_persistent_buffers_set:
        return " (a buffer with persistent=False; leave it out)"
    return " (a plain attribute; use self.register_buffer)"


def _message(plugin: str, found: str, unsaved: list[str]) -> str:
    cause = "; the checkpoint does not hold " + ", ".join(unsaved) if unsaved else ""
    return (
        f"models: {plugin}: expected the estimates of the trained network from its checkpoint, {found}{cause}; correct "
        f"src/robustloc/models/{plugin}.py, so that all that it learns is in its state dict"
    )


def _seeded(model: nn.Module, x: Tensor) -> Tensor:
    """Estimate with fixed random numbers: whether a network is random is a question for the verdict."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return estimates(model, x)
