"""A network of other origin as TorchScript, and whether it can be attacked and judged at all."""

import io
from copy import deepcopy

import torch
from torch import Tensor, nn

from robustloc.base.errors import UserError


class Script(nn.Module):
    """A TorchScript module with the file that it was read from, so that a state dict holds all of it.

    Args:
        archive: (bytes,) uint8, the content of a file of ``torch.jit.save``.

    Raises:
        UserError: not readable.
    """

    def __init__(self, archive: Tensor):
        super().__init__()
        self.register_buffer("archive", archive)
        try:
            self.module = torch.jit.load(io.BytesIO(archive.numpy().tobytes()), map_location="cpu")
        except RuntimeError as error:
            raise UserError(f"not readable as TorchScript ({_last_line(error)}); save it again") from error
        for parameter in self.parameters():  # what was frozen for use is counted, and may be trained further
            parameter.requires_grad_(parameter.is_floating_point())
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        """Run the module as it is written.

        The optimising executor takes other gradients from the second call on, by a last digit (2e-7 of the largest),
        so that results would depend on what was computed before.
        """
        with torch.jit.optimized_execution(False):
            return self.module(x)


def check(model: nn.Module, x: Tensor) -> None:
    """Hold a network to what attacks and verdicts need.

    Args:
        model: in eval mode, (N, 1, angle bins, delay bins) -> (N, 3) [m].
        x: (3, 1, angle bins, delay bins) users.

    Raises:
        UserError: says what it does instead, and how to save it.
    """
    for users in (1, 2, 3):
        try:
            with torch.no_grad():
                found = model(x[:users])
        except Exception as error:  # what a network of other origin raises, nobody knows
            raise UserError(
                f"fails for an input of shape {(users, *x.shape[1:])}: {_last_line(error)}; it must take profiles of "
                "this shape and any number of users, with x.flatten(1) in it and not x.view(64, -1)"
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
            f"cannot compute in double precision, which the verdict needs ({kind}): save it without torch.jit.freeze, "
            "without casts such as x.float(), and with torch.jit.script where a trace would keep constant tensors"
        )


def _check_estimate(found: object, users: int) -> None:
    if not isinstance(found, Tensor) or found.shape != (users, 3):
        seen = f"shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
        raise UserError(f"expected positions of shape ({users}, 3) in metres for {users} users, found {seen}")
    if not torch.isfinite(found).all():
        raise UserError(f"its estimates are not finite numbers: {found[-1].tolist()}")


def _check_gradient(model: nn.Module, x: Tensor) -> None:
    point = x.clone().requires_grad_()
    found, slope = model(point), None
    if found.requires_grad:
        (slope,) = torch.autograd.grad(found.sum(), point, allow_unused=True)
    if slope is None:
        raise UserError(
            "has no gradient with respect to its input, which attacks follow; save it without torch.no_grad(), "
            "detach() and conversions to NumPy inside"
        )
    if not torch.isfinite(slope).all():
        raise UserError("the gradient with respect to its input is not finite")


def _last_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
