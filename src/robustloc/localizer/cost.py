"""Size of a localizer: its number of trained parameters, and the operations that an estimate costs."""

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


def count(localizer: nn.Module, x: Tensor) -> dict[str, int]:
    """Count a localizer's trained parameters, and the multiply-adds of one user's estimate.

    Only convolutions and matrix products count, as is usual in the literature. Every step of an ODE solver counts. The
    number of steps may depend on the user, so the result is the mean over users.

    Args:
        localizer: in eval mode.
        x: (N, 1, angle bins, delay bins) scaled ADPs of some users.

    Returns:
        ``parameters`` and ``multiply_adds``.
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        for user in x.split(1):
            localizer(user)
    return {
        "parameters": sum(tensor.numel() for tensor in localizer.parameters() if tensor.requires_grad),
        "multiply_adds": counter.get_total_flops()
        // (2 * len(x)),  # the counter counts an addition and a multiplication as two operations
    }
