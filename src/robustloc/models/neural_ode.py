"""The paper's neural ODE (Fig. 3): a convolutional stem, ODE blocks (Eq. 6-9), one dense layer.

Each block moves the state h from t = 0 to 1 along dh/dt = f(h, t), with f of two 3 x 3 convolutions that see the time
and group normalisation (batch statistics inside f would couple the users of a batch and mix all times).
"""

from itertools import pairwise
from math import prod
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d
from torchdiffeq import odeint

STEM = (8, 16, 32, 32)
STATE = STEM[-1]
# Fixed steps only: an adaptive step is chosen for the whole batch, so a user's estimate would depend on the others.
SOLVERS = ("euler", "midpoint", "rk4")


def build(
    input_shape: tuple[int, int, int],
    *,
    blocks: int = 1,
    solver: Literal["euler", "midpoint", "rk4"] = "rk4",
    steps: int = 2,
) -> nn.Module:
    """Build the network.

    Args:
        input_shape: (1, angle bins, delay bins), each at least 8.
        blocks: number of ODE blocks.
        solver: fixed-step method of torchdiffeq: euler, midpoint or rk4.
        steps: solver steps per block; one step is a residual block rather than an ODE.
    """
    if solver not in SOLVERS:
        raise ValueError(f"solver: expected one of {', '.join(SOLVERS)}, found {solver!r}")
    if blocks < 1 or steps < 1:
        raise ValueError(f"blocks and steps: expected at least 1, found {blocks} and {steps}")
    return NeuralODE(input_shape, blocks, solver, steps)


class NeuralODE(nn.Module):
    """(N, 1, angle bins, delay bins) -> (N, 3)."""

    def __init__(self, input_shape: tuple[int, int, int], blocks: int, solver: str, steps: int):
        super().__init__()
        depth = min(len(STEM), min(input_shape[1:]).bit_length() - 3)
        widths = (1, *STEM[-depth:])
        self.stem = nn.Sequential(*(_stage(a, b) for a, b in pairwise(widths)))
        left = [size >> depth for size in input_shape[1:]]
        self.blocks = nn.Sequential(*(ODEBlock(STATE, left, solver, steps) for _ in range(blocks)))
        self.head = nn.Sequential(nn.GroupNorm(8, STATE), nn.ReLU(), nn.Flatten(), nn.Linear(STATE * prod(left), 3))
        # faster convolutions on the CPU, same numbers; the small states of the blocks gain nothing
        self.stem.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        """Estimate standardised positions."""
        return self.head(self.blocks(self.stem(x).contiguous()))


class ODEBlock(nn.Module):
    """State at t = 0 -> state at t = 1 (Eq. 9), gradients straight through the solver's steps."""

    def __init__(self, channels: int, size: list[int], solver: str, steps: int):
        super().__init__()
        self.field = Field(channels, size)
        self.solver, self.steps = solver, steps
        self.register_buffer("span", torch.tensor([0.0, 1.0]), persistent=False)

    def forward(self, h: Tensor) -> Tensor:
        """Solve the initial value problem (Eq. 6-8) for (N, channels, height, width)."""
        return odeint(self.field, h, self.span.to(h.dtype), method=self.solver, options={"step_size": 1 / self.steps})[
            -1
        ]


class Field(nn.Module):
    """The dynamics f(h, t)."""

    def __init__(self, channels: int, size: list[int]):
        super().__init__()
        self.norms = nn.ModuleList(nn.GroupNorm(8, channels) for _ in range(3))
        self.convolutions = nn.ModuleList(TimeConvolution(channels, size) for _ in range(2))

    def forward(self, t: Tensor, h: Tensor) -> Tensor:
        """Return dh/dt."""
        for norm, convolution in zip(self.norms, self.convolutions, strict=False):
            h = convolution(t, torch.relu(norm(h)))
        return self.norms[-1](h)


class TimeConvolution(nn.Module):
    """Convolution of the state with the time as one more constant channel.

    The time's channel is the same for all users, so its part is computed once instead of being concatenated to each:
    equal numbers, and 32 channels suit the kernels where 33 do not.
    """

    def __init__(self, channels: int, size: list[int]):
        super().__init__()
        self.state = nn.Conv2d(channels, channels, 3, padding=1)
        self.time = nn.Parameter(torch.empty(channels, 1, 3, 3).uniform_(-1, 1) / (9 * channels + 9) ** 0.5)
        self.register_buffer("plane", torch.ones(1, 1, *size), persistent=False)

    def forward(self, t: Tensor, h: Tensor) -> Tensor:
        """Convolve (N, channels, height, width)."""
        return self.state(h) + t * conv2d(self.plane, self.time, padding=1)


def _stage(inputs: int, outputs: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2))
