"""How large a localizer is: what it has learnt, and what an estimate costs."""

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


def count(localizer: nn.Module, x: Tensor) -> dict[str, int]:
    """Count a localizer's trained parameters, and the multiply-adds of one user's estimate.

    Of the operations those of convolutions and matrix products count, as everywhere in the literature; a solver's
    steps count each, and where they adapt to the user the mean is given.

    Args:
        localizer: in eval mode.
        x: (N, 1, angle bins, delay bins) some users' scaled ADPs.
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        for user in x.split(1):
            localizer(user)
    return {
        "parameters": sum(tensor.numel() for tensor in localizer.parameters() if tensor.requires_grad),
        "multiply_adds": counter.get_total_flops()
        // (2 * len(x)),  # an addition and a multiplication are two operations
    }
