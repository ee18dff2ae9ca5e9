"""Always the mean training position: what a localizer is worth that looks at nothing, the floor of every table."""

from torch import Tensor, nn


def build(input_shape: tuple[int, int, int]) -> nn.Module:
    """Return a network without parameters; its output is zero and so is its gradient."""
    return Constant()


class Constant(nn.Module):
    """(N, …) -> (N, 3) zeros."""

    def forward(self, x: Tensor) -> Tensor:
        """Return zeros that still belong to the graph of the input."""
        return 0.0 * x.flatten(1)[:, :3]
