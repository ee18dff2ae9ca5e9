"""The paper's deep convolutional network (Fig. 2): convolutions and max pooling, then one dense layer.

At 32 x 32 these are its six layers, five convolutions and the dense one; a 64 x 64 input takes one more in front.
"""

from itertools import pairwise
from math import prod
from typing import Literal

import torch
from torch import Tensor, nn

CHANNELS = (8, 16, 32, 64, 64, 64)


def build(input_shape: tuple[int, int, int], *, norm: Literal["batch", "group"] = "batch") -> nn.Module:
    """Build the network.

    Args:
        input_shape: (1, angle bins, delay bins), each at least 8.
        norm: ``batch`` as in the paper, or ``group`` (8 groups).
    """
    return DCNN(input_shape, norm)


class DCNN(nn.Module):
    """(N, 1, angle bins, delay bins) -> (N, 3)."""

    def __init__(self, input_shape: tuple[int, int, int], norm: str):
        super().__init__()
        depth = min(len(CHANNELS), min(input_shape[1:]).bit_length() - 1)
        widths = (1, *CHANNELS[-depth:])
        self.features = nn.Sequential(*(_stage(a, b, norm) for a, b in pairwise(widths)))
        left = [size >> depth for size in input_shape[1:]]
        self.dense = nn.Linear(widths[-1] * prod(left), 3)
        # faster convolutions on the CPU, same numbers
        self.features.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        """Estimate standardised positions."""
        return self.dense(self.features(x).flatten(1))


def _stage(inputs: int, outputs: int, norm: str) -> nn.Sequential:
    """Convolution, normalisation, ReLU, pooling to half the size."""
    if norm not in ("batch", "group"):
        raise ValueError(f"norm: expected batch or group, found {norm!r}")
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    normalisation = nn.BatchNorm2d(outputs) if norm == "batch" else nn.GroupNorm(8, outputs)
    return nn.Sequential(convolution, normalisation, nn.ReLU(), nn.MaxPool2d(2))
