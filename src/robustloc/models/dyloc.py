"""DyLoc's convolutional network, by its published layer sizes (Hejazi et al., "DyLoc", 2021; their Keras code).

Stages of a convolution with a kernel as wide as the angles and delays it must bring together, ReLU, batch
normalisation and max pooling, in that order, then one dense layer. 41,143 weights at 32 x 32 (their indoor network),
44,221 at 64 x 64 (outdoor). Initial weights are PyTorch's.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from robustloc.models.parts.layers import halvings

# of the stages at 64 x 64; smaller inputs take the last ones
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
        # input gradients of the wide kernels are up to twice as fast on the CPU, same numbers
        self.features.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        """Estimate standardised positions."""
        return self.dense(self.features(x).flatten(1))


def _stage(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """Convolution to the same size, ReLU, normalisation, pooling to half the size."""
    # Padding "same" of an even kernel has one more behind than in front, which only the input itself can be given.
    behind = [] if kernel % 2 else [nn.ZeroPad2d((0, 1, 0, 1))]
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=(kernel - 1) // 2)
    return nn.Sequential(*behind, convolution, nn.ReLU(), nn.BatchNorm2d(outputs), nn.MaxPool2d(2))
