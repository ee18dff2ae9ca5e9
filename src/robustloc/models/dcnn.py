"""The paper's deep convolutional network (Fig. 2): convolutions and max pooling, then one dense layer.

A 32 x 32 input has the paper's six layers: five convolutions and the dense layer. A 64 x 64 input has one convolution
more in front.
"""

from math import prod
from typing import Literal

from torch import Tensor, nn

from robustloc.models.parts.layers import stages

CHANNELS = (8, 16, 32, 64, 64, 64)


def build(input_shape: tuple[int, int, int], *, norm: Literal["batch", "group"] = "batch") -> nn.Module:
    """Build the network.

    Args:
        input_shape: (1, angle bins, delay bins), each at least 2.
        norm: normalisation, ``batch`` as in the paper or ``group`` (8 groups).
    """
    return DCNN(input_shape, norm)


class DCNN(nn.Module):
    """(N, 1, angle bins, delay bins) -> (N, 3)."""

    def __init__(self, input_shape: tuple[int, int, int], norm: str):
        super().__init__()
        self.features, left = stages(CHANNELS, input_shape, norm=norm)
        self.dense = nn.Linear(prod(left), 3)

    def forward(self, x: Tensor) -> Tensor:
        """Estimate standardised positions."""
        return self.dense(self.features(x).flatten(1))
