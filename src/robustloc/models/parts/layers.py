"""What several models are made of: stages of convolution and pooling."""

from itertools import pairwise

import torch
from torch import nn

Shape = tuple[int, int, int]

GROUPS = 8


def halvings(input_shape: Shape, least: int = 1) -> int:
    """Return how often both sides of (channels, height, width) can be halved and stay at least ``least`` long.

    Raises:
        ValueError: not even once.
    """
    count = (min(input_shape[1:]) // least).bit_length() - 1
    if count < 1:
        raise ValueError(f"input_shape: expected sides of at least {2 * least}, found {input_shape}")
    return count


def stages(
    channels: tuple[int, ...], input_shape: Shape, *, least: int = 1, norm: str = "batch"
) -> tuple[nn.Sequential, Shape]:
    """Build stages of 3 x 3 convolution, normalisation, ReLU and pooling to half the size.

    Args:
        channels: of the stages; a small input takes as many of the last ones as it can be halved.
        input_shape: (channels, height, width).
        least: where halving ends [pixels].
        norm: ``batch`` or ``group`` (8 groups).

    Returns:
        The stages, and the (channels, height, width) that they leave.
    """
    depth = min(len(channels), halvings(input_shape, least))
    widths = (input_shape[0], *channels[-depth:])
    made = nn.Sequential(*(_stage(inputs, outputs, norm) for inputs, outputs in pairwise(widths)))
    height, width = (side >> depth for side in input_shape[1:])
    # faster convolutions on the CPU, same numbers
    return made.to(memory_format=torch.channels_last), (widths[-1], height, width)


def _stage(inputs: int, outputs: int, norm: str) -> nn.Sequential:
    if norm not in ("batch", "group"):
        raise ValueError(f"norm: expected batch or group, found {norm!r}")
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    normalisation = nn.BatchNorm2d(outputs) if norm == "batch" else nn.GroupNorm(GROUPS, outputs)
    # the ReLU behind the pooling: both are monotone, and a quarter of the pixels is less work
    return nn.Sequential(convolution, normalisation, nn.MaxPool2d(2), nn.ReLU())
