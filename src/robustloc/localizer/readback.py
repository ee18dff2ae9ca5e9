"""A checkpoint is what was trained: read it in another process and compare its estimates with those of the trained one.

Each job that uses a localizer is a new process. There, nothing is left of what training put into classes, modules and
caches, and whatever draws random numbers while it is imported or built draws others.
"""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from robustloc.attacks.parts.containment import restored
from robustloc.attacks.parts.losses import estimates
from robustloc.base.errors import UserError
from robustloc.localizer.checkpoint import load
from robustloc.localizer.network import Localizer

Read = Callable[[Path, Tensor], tuple[np.ndarray, np.ndarray] | None]

# largest difference of estimates that rounding may cause, in units of the positions' spread
ROUNDING = 1e-4
OUTSIDE = "something outside of the network, such as an attribute of a class, a global variable, or a random constant"


def check(path: Path, trained: Localizer, used: nn.Module, x: Tensor, *, read: Read, model: str, defence: str) -> None:
    """Compare the localizer in a checkpoint with the trained one.

    Args:
        path: the checkpoint.
        trained: the trained localizer, without a wrapper.
        used: the trained localizer in the wrapper of its defence, if it has one.
        x: (N, 1, angle bins, delay bins) scaled inputs of some users.
        read: see `reader`.
        model, defence: names of the plugins' files.

    Raises:
        UserError: the estimates differ. The message names what the state dict does not hold.
    """
    try:
        # before any estimate: a forward pass may keep its results as attributes
        unsaved = lost(trained, load(path, bare=True))
    except UserError as error:
        raise UserError(
            f"models: {model}: expected a checkpoint that a new network can load: {error}; make all layers and buffers "
            "in build(), in their final shapes"
        ) from error
    found = read(path, x)
    if found is None:
        raise UserError(
            f"models: {model}: expected estimates from the checkpoint in another process, found an error (above); "
            f"correct src/robustloc/models/{model}.py"
        )
    moved = [float(np.abs(seeded(one, x) - other).max()) for one, other in zip((trained, used), found, strict=True)]
    limit = ROUNDING * float(trained.spread)
    if not moved[0] <= limit:
        raise UserError(
            f"models: {model}: expected the same estimates from the checkpoint as from the trained network, found a "
            f"difference of {moved[0]:.4g} m; it does not hold {', '.join(unsaved) or OUTSIDE}; correct "
            f"src/robustloc/models/{model}.py, so that all that it learns is in its state dict"
        )
    if not moved[1] <= limit:
        raise UserError(
            f"defences: {defence}: expected the same estimates from wrap() in another process as after training, found "
            f"a difference of {moved[1]:.4g} m; correct src/robustloc/defences/{defence}.py, so that wrap() depends on "
            "its parameters, eps and the localizer alone"
        )


@contextmanager
def reader() -> Iterator[Read]:
    """Start a process that reads a checkpoint later, and yield `read` for it; None is its answer to an error.

    Training that begins afterwards shares no memory with it. A fork of a process that has imported torch takes no time;
    a new interpreter would import torch again.
    """
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(ours, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield partial(_ask, ours)
    finally:
        ours.close()
        process.join()


def _ask(pipe: Connection, path: Path, x: Tensor) -> tuple[np.ndarray, np.ndarray] | None:
    pipe.send((path, x.numpy()))
    with suppress(EOFError):  # the process has printed its error
        return pipe.recv()
    return None


def _answer(of_parent: Connection, pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with its parent
    of_parent.close()
    with suppress(EOFError):  # training has failed
        path, x = pipe.recv()
        torch.manual_seed(1)  # other numbers than those of training
        pipe.send(read(path, torch.from_numpy(x)))


def read(path: Path, x: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return the estimates (N, 3) [m] of a checkpoint without and with its wrapper."""
    return seeded(load(path, bare=True), x), seeded(load(path), x)


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


def seeded(model: nn.Module, x: Tensor) -> np.ndarray:
    """Estimate with fixed random numbers: whether a network is random is a question for the verdict."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]), restored(model):
        torch.manual_seed(0)
        return estimates(model, x).numpy()
