"""The neural ODE's matched control: a residual network of the same parts and the same number of weights.

Each block is one Euler step of size 1 of the neural ODE's dynamics, h + f(h, t = 0), so that what the two differ in is
that the one solves an ODE and the other does not. (The time's weights exist here, too, and do nothing at t = 0.)
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
    """State -> state of the same shape."""

    def __init__(self, shape: tuple[int, int, int]):
        super().__init__()
        self.field = Field(shape)

    def forward(self, h: Tensor) -> Tensor:
        """Take the step for (N, channels, height, width)."""
        return h + self.field(h.new_zeros(()), h)
