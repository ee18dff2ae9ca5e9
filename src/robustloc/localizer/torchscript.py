"""Networks from other programs as TorchScript, and the check that attacks and verdicts can use them."""

import io
from copy import deepcopy

import torch
from torch import Tensor, nn

from robustloc.base.errors import UserError


class Script(nn.Module):
    """A TorchScript module together with the file that it comes from.

    The file is a buffer, so a state dict holds the code as well as the weights.

    Args:
        archive: (bytes,) uint8, the content of a file that ``torch.jit.save`` wrote.

    Raises:
        UserError: the content is not readable as TorchScript.
    """

    def __init__(self, archive: Tensor):
        super().__init__()
        self.register_buffer("archive", archive)
        try:
            self.module = torch.jit.load(io.BytesIO(archive.numpy().tobytes()), map_location="cpu")
        except RuntimeError as error:
            raise UserError(f"not readable as TorchScript ({_last_line(error)}); save it again") from error
        # people freeze a network before use; its weights still count as parameters, and training may go on
        for parameter in self.parameters():
            parameter.requires_grad_(parameter.is_floating_point())
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        """Run the module without the optimising executor.

        With the optimising executor, gradients change in the last digit (2e-7 of the largest) from the second call on.
        So results would depend on earlier computations.
        """
        with torch.jit.optimized_execution(False):
            return self.module(x)


def check(model: nn.Module, x: Tensor) -> None:
    """Check that a network has all that attacks and verdicts need.

    A network must take any number of users, return finite positions, have a finite gradient, and run in double
    precision.

    Args:
        model: in eval mode, (N, 1, angle bins, delay bins) -> (N, 3) [m].
        x: (3, 1, angle bins, delay bins) scaled inputs of three users.

    Raises:
        UserError: the network fails a check. The message says what was found and how to save the network.
    """
    # three sizes: a trace may have one or two users built in
    for users in (1, 2, 3):
        try:
            with torch.no_grad():
                found = model(x[:users])
        except Exception as error:  # the network is foreign code and may raise any kind of error
            raise UserError(
                f"the network fails for an input of shape {(users, *x.shape[1:])}: {_last_line(error)}; it must take "
                "profiles of this shape and any number of users; write x.flatten(1) in it, not x.view(64, -1)"
            ) from error
        _check_estimate(found, users)
    _check_gradient(model, x)
    try:
        with torch.no_grad():
            kind = deepcopy(model).double()(x.double()).dtype
    except Exception as error:
        kind = _last_line(error)
    if kind != torch.float64:
        raise UserError(
            f"the network cannot compute in double precision, which the verdict needs ({kind}); save it without "
            "torch.jit.freeze and casts such as x.float(); use torch.jit.script if a trace keeps constant tensors"
        )


def _check_estimate(found: object, users: int) -> None:
    if not isinstance(found, Tensor) or found.shape != (users, 3):
        seen = f"shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
        raise UserError(f"expected positions of shape ({users}, 3) in metres for {users} users, found {seen}")
    if not torch.isfinite(found).all():
        raise UserError(f"expected estimates that are finite numbers, found {found[-1].tolist()}; correct the network")


def _check_gradient(model: nn.Module, x: Tensor) -> None:
    point = x.clone().requires_grad_()
    found, slope = model(point), None
    if found.requires_grad:
        (slope,) = torch.autograd.grad(found.sum(), point, allow_unused=True)
    if slope is None:
        raise UserError(
            "the network has no gradient with respect to its input, and attacks need it; save the network without "
            "torch.no_grad(), detach() and conversions to NumPy inside"
        )
    if not torch.isfinite(slope).all():
        raise UserError("the network's gradient with respect to its input is not finite; correct the network")


def _last_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
