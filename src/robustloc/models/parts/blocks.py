"""The network of the paper's Fig. 3: a stem, blocks that keep the shape of their state, and a head."""

from collections.abc import Callable
from math import prod

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d
from torch.nn.utils.parametrizations import spectral_norm as bounded

from robustloc.models.parts.layers import GROUPS, Shape, stages

STEM = (8, 16, 32, 32)
# shortest side of the blocks' state [pixels]
SIDE = 4


class BlockNetwork(nn.Module):
    """Fig. 3 with blocks of any kind: a convolutional stem, blocks, one dense layer.

    (N, 1, angle bins, delay bins) -> (N, 3).

    Args:
        input_shape: (1, angle bins, delay bins), each at least 8.
        blocks: number of blocks.
        block: builds a block for a state of shape (channels, height, width); the block keeps that shape.
    """

    def __init__(self, input_shape: Shape, blocks: int, block: Callable[[Shape], nn.Module]):
        super().__init__()
        if blocks < 1:
            raise ValueError(f"blocks: expected at least 1, found {blocks}")
        self.stem, state = stages(STEM, input_shape, least=SIDE)
        self.blocks = nn.Sequential(*(block(state) for _ in range(blocks)))
        self.head = nn.Sequential(nn.GroupNorm(GROUPS, state[0]), nn.ReLU(), nn.Flatten(), nn.Linear(prod(state), 3))

    def forward(self, x: Tensor) -> Tensor:
        """Estimate standardised positions."""
        # the stem's memory format does not make the blocks faster, because their states are small
        return self.head(self.blocks(self.stem(x).contiguous()))


class Field(nn.Module):
    """Dynamics f(h, t) of a state: two convolutions that see the time, and group normalisation.

    Batch normalisation would make a user's result depend on the other users of the batch, and would mix all times.

    Args:
        shape: (channels, height, width) of the state.
        invariant: use f(h, 0) at all times.
        spectral_norm: divide each kernel over the state, as a matrix (outputs, inputs x 9), by its largest singular
            value (Miyato et al., ICLR 2018). This bounds the Lipschitz constants of the convolutions.
    """

    def __init__(self, shape: Shape, *, invariant: bool = False, spectral_norm: bool = False):
        super().__init__()
        self.invariant = invariant
        self.norms = nn.ModuleList(nn.GroupNorm(GROUPS, shape[0]) for _ in range(3))
        self.convolutions = nn.ModuleList(TimeConvolution(shape) for _ in range(2))
        if spectral_norm:
            for convolution in self.convolutions:
                bounded(convolution.state)

    def forward(self, t: Tensor, h: Tensor) -> Tensor:
        """Return dh/dt of (N, channels, height, width) at times that are a scalar or (N, 1, 1, 1)."""
        if self.invariant:
            t = torch.zeros_like(t)
        for norm, convolution in zip(self.norms, self.convolutions, strict=False):
            h = convolution(t, torch.relu(norm(h)))
        return self.norms[-1](h)


class TimeConvolution(nn.Module):
    """Convolution of the state, with the time as an additional constant channel.

    The time's part is the factor t times a constant that is the same for all users. So it is computed once and added,
    instead of concatenating a channel to every user's state. The result is the same, and the CPU's kernels are faster
    with 32 channels than with 33.

    Args:
        shape: (channels, height, width) of the state.
    """

    def __init__(self, shape: Shape):
        super().__init__()
        channels, *size = shape
        self.state = nn.Conv2d(channels, channels, 3, padding=1)
        self.time = nn.Parameter(torch.empty(channels, 1, 3, 3).uniform_(-1, 1) / (9 * channels + 9) ** 0.5)
        self.register_buffer("plane", torch.ones(1, 1, *size), persistent=False)

    def forward(self, t: Tensor, h: Tensor) -> Tensor:
        """Convolve (N, channels, height, width) at times that are a scalar or (N, 1, 1, 1)."""
        return self.state(h) + t * conv2d(self.plane, self.time, padding=1)
