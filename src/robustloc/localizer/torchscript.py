"""Networks from other programs as TorchScript."""

import io

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
            raise UserError(f"not readable as TorchScript ({last_line(error)}); save it again") from error
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


def last_line(error: Exception) -> str:
    """Return the last line of an error's message, or its type if it has no message."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
