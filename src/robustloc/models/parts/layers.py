"""Layers that several models share: stages of convolution and pooling."""

from itertools import pairwise

import torch
from torch import nn

Shape = tuple[int, int, int]

GROUPS = 8


def halvings(input_shape: Shape, least: int = 1) -> int:
    """Return how often both sides of (channels, height, width) can be halved and be at least ``least`` pixels long.

    Raises:
        ValueError: the sides are too short to be halved once.
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
        channels: output channels of each stage; an input that can be halved n times uses the last n stages.
        input_shape: (channels, height, width).
        least: shortest side after the last stage [pixels].
        norm: ``batch`` or ``group`` (8 groups).

    Returns:
        The stages, and the shape (channels, height, width) of their output.
    """
    depth = min(len(channels), halvings(input_shape, least))
    widths = (input_shape[0], *channels[-depth:])
    made = nn.Sequential(*(_stage(inputs, outputs, norm) for inputs, outputs in pairwise(widths)))
    height, width = (side >> depth for side in input_shape[1:])
    # convolutions on the CPU are faster in this format, with equal numbers
    return made.to(memory_format=torch.channels_last), (widths[-1], height, width)


def _stage(inputs: int, outputs: int, norm: str) -> nn.Sequential:
    if norm not in ("batch", "group"):
        raise ValueError(f"norm: expected batch or group, found {norm!r}")
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    normalisation = nn.BatchNorm2d(outputs) if norm == "batch" else nn.GroupNorm(GROUPS, outputs)
    # the ReLU comes after the pooling: both are monotone, so the result is the same, on a quarter of the pixels
    return nn.Sequential(convolution, normalisation, nn.MaxPool2d(2), nn.ReLU())
