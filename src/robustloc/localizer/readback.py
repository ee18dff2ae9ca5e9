"""A checkpoint is what was trained: read it back and compare its estimates with those of the trained localizer."""

from pathlib import Path

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.losses import estimates
from robustloc.base.errors import UserError
from robustloc.localizer.checkpoint import load
from robustloc.localizer.network import Localizer

# largest difference of estimates that rounding may cause, in units of the positions' spread
ROUNDING = 1e-4


def check(path: Path, trained: Localizer, x: Tensor, plugin: str) -> None:
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
    expected, found = (_seeded(model, x) for model in (trained, read))
    moved = float((found - expected).abs().max())
    if not moved <= ROUNDING * float(trained.spread):
        cause = f"; it does not hold {', '.join(unsaved)}" if unsaved else ""
        raise UserError(
            f"models: {plugin}: expected the same estimates from the checkpoint as from the trained network, found a "
            f"difference of {moved:.4g} m{cause}; correct src/robustloc/models/{plugin}.py, so that all that it learns "
            "is in its state dict"
        )


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
    except Exception:  # foreign objects raise many kinds of errors
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


def _seeded(model: nn.Module, x: Tensor) -> Tensor:
    """Estimate with fixed random numbers: whether a network is random is a question for the verdict."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return estimates(model, x)
