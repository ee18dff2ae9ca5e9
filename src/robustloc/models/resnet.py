"""The neural ODE's control: a residual network with the same layers and the same number of weights.

Each block is one Euler step of size 1 of the neural ODE's dynamics, h + f(h, t = 0). So the two networks differ in one
point: the neural ODE solves an ODE. The weights of the time exist here, too, but have no effect at t = 0.
"""

from torch import Tensor, nn

from robustloc.models.parts.blocks import BlockNetwork, Field


def build(input_shape: tuple[int, int, int], *, blocks: int = 1) -> nn.Module:
    """Build the network.

    Args:
        input_shape: (1, angle bins, delay bins), each at least 8.
        blocks: number of residual blocks.
    """
    return BlockNetwork(input_shape, blocks, ResidualBlock)


class ResidualBlock(nn.Module):
    """State -> state of the same shape, (N, channels, height, width)."""

    def __init__(self, shape: tuple[int, int, int]):
        super().__init__()
        self.field = Field(shape)

    def forward(self, h: Tensor) -> Tensor:
        """Take the step for (N, channels, height, width)."""
        return h + self.field(h.new_zeros(()), h)
