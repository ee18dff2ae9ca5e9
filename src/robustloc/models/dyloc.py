"""DyLoc's convolutional network with its published layer sizes (Hejazi et al., "DyLoc", 2021; their Keras code).

A stage is a convolution with a large kernel, ReLU, batch normalisation and max pooling, in that order. One dense layer
follows the stages. The network has 41,143 weights at 32 x 32 (their indoor network) and 44,221 at 64 x 64 (outdoor).
Initial weights are PyTorch's.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from robustloc.models.parts.layers import halvings

# Of the stages at 64 x 64; a smaller input uses the last ones.
CHANNELS = (2, 4, 8, 16, 32, 64)
KERNELS = (32, 16, 8, 7, 5, 3)


def build(input_shape: tuple[int, int, int]) -> nn.Module:
    """Build the network.

    Args:
        input_shape: (1, angle bins, delay bins), each at least 2.
    """
    return DyLoc(input_shape)


class DyLoc(nn.Module):
    """(N, 1, angle bins, delay bins) -> (N, 3)."""

    def __init__(self, input_shape: tuple[int, int, int]):
        super().__init__()
        depth = min(len(CHANNELS), halvings(input_shape))
        widths = pairwise((1, *CHANNELS[-depth:]))
        self.features = nn.Sequential(*(_stage(*pair, k) for pair, k in zip(widths, KERNELS[-depth:], strict=True)))
        angles, delays = (size >> depth for size in input_shape[1:])
        self.dense = nn.Linear(CHANNELS[-1] * angles * delays, 3)
        # on the CPU this makes input gradients of the large kernels up to twice as fast, with equal numbers
        self.features.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        """Estimate standardised positions."""
        return self.dense(self.features(x).flatten(1))


def _stage(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """Return a convolution that keeps the size, ReLU, normalisation, and pooling to half the size."""
    # Keras pads an even kernel by one pixel more at the end than at the start. Conv2d pads both sides alike, so the
    # extra pixel is a layer of its own.
    behind = [] if kernel % 2 else [nn.ZeroPad2d((0, 1, 0, 1))]
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=(kernel - 1) // 2)
    return nn.Sequential(*behind, convolution, nn.ReLU(), nn.BatchNorm2d(outputs), nn.MaxPool2d(2))
