"""How large a localizer is: what it has learnt, and what an estimate costs."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def count(localizer: nn.Module, shape: tuple[int, int]) -> dict[str, int]:
    """Count a localizer's trained parameters, and the multiply-adds of one user's estimate.

    Of the operations those of convolutions and matrix products count, as everywhere in the literature; a solver's
    steps count each.

    Args:
        localizer: in eval mode.
        shape: angle bins and delay bins.
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        localizer(torch.zeros(1, 1, *shape))
    return {
        "parameters": sum(tensor.numel() for tensor in localizer.parameters() if tensor.requires_grad),
        "multiply_adds": counter.get_total_flops() // 2,  # an addition and a multiplication are two operations
    }
