"""The check that attacks and verdicts can use a network, be it a plugin's or one from another program.

It leaves to the verdict what the verdict judges: estimates that are random, or that depend on the batch.
"""

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.containment import restored
from robustloc.attacks.parts.losses import check_estimates, estimates, evaluating, in_double_precision, untouched
from robustloc.attacks.parts.seeing_through import candidates, draws
from robustloc.base.errors import UserError
from robustloc.localizer.torchscript import last_line


def check(model: nn.Module, x: Tensor) -> None:
    """Check that a network has all that attacks and verdicts need.

    The state dict of a network must hold tensors alone. In eval mode, the network must take any number of users, return
    finite positions, have a finite gradient, and run in double precision. The check leaves its state and torch's global
    generator as they are.

    Args:
        model: (N, 1, angle bins, delay bins) -> (N, 3) [m].
        x: (N, 1, angle bins, delay bins) scaled inputs of some users.

    Raises:
        UserError: the network fails a check. The message says what was found and how to correct the network.
    """
    for name, value in model.state_dict().items():
        if not isinstance(value, Tensor):
            raise UserError(
                f"expected tensors in the state dict, found {type(value).__name__} as {name}; use buffers instead"
            )
    try:
        with torch.random.fork_rng(devices=[]), restored(model), evaluating(model):
            # several sizes: a trace may have one or two users built in
            for users in sorted({1, 2, 3, len(x)}):
                if users <= len(x):
                    _check_estimate(model, x[:users])
            draws(model)
            candidates(model, x)
            _check_gradient(model, x)
            _check_precision(model, x)
    except ValueError as error:
        raise UserError(str(error)) from error


def estimated(model: nn.Module, x: Tensor) -> Tensor:
    """Return the estimates (N, 3) [m] of a network in its present mode, without a gradient.

    Raises:
        UserError: the network fails, or returns something else.
    """
    try:
        with torch.no_grad():
            found = model(untouched(x))
        check_estimates(found, len(x))
    except ValueError as error:
        raise UserError(str(error)) from error
    except Exception as error:  # the network is foreign code and may raise any kind of error
        raise UserError(
            f"the network fails for an input of shape {tuple(x.shape)}: {last_line(error)}; it must take profiles of "
            "this shape and any number of users; write x.flatten(1) in it, not x.view(64, -1)"
        ) from error
    return found


def _check_estimate(model: nn.Module, x: Tensor) -> None:
    found = estimated(model, x)
    if not torch.isfinite(found).all():
        raise UserError(f"expected estimates that are finite numbers, found {found[-1].tolist()}; correct the network")


def _check_gradient(model: nn.Module, x: Tensor) -> None:
    point = x.clone().requires_grad_()
    with torch.enable_grad():
        found, slope = estimates(model, point), None
        if found.requires_grad:
            (slope,) = torch.autograd.grad(found.sum(), point, allow_unused=True)
    if slope is None:
        raise UserError(
            "the network has no gradient with respect to its input, and attacks need it; remove torch.no_grad(), "
            "detach() and conversions to NumPy from its forward(); if it ignores its input, let it return "
            "0.0 * x.flatten(1)[:, :3]"
        )
    if not torch.isfinite(slope).all():
        raise UserError("the network's gradient with respect to its input is not finite; correct the network")


def _check_precision(model: nn.Module, x: Tensor) -> None:
    try:
        with torch.enable_grad(), in_double_precision(model):
            kind = estimates(model, x.double().requires_grad_()).dtype
    except Exception as error:
        kind = last_line(error)
    if kind != torch.float64:
        raise UserError(
            f"the network cannot compute in double precision, which the verdict needs ({kind}); remove casts such as "
            "x.float(), and register constant tensors as buffers; if it is a TorchScript file, save it without "
            "torch.jit.freeze, and use torch.jit.script if a trace keeps constant tensors"
        )
