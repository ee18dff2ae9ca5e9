"""Template of a model: copy it to src/robustloc/models/mine.py, then change it.
The name of the file is the name of the model.

Keep the name `build`, its first parameter, and the shapes of input and output; change everything else.
`pytest tests/models -k mine` checks the contract in src/robustloc/models/__init__.py.
"""

from torch import Tensor, nn


def build(input_shape: tuple[int, int, int], *, channels: int = 16) -> nn.Module:
    """Build the network.

    Args:
        input_shape: (1, angle bins, delay bins), each at least 8.
        channels: channels of each convolution. Parameters after the * come from the model's entry in the configuration,
            such as `models: {mine: {channels: 32}}`. Their names and types are checked against this signature.

    Raises:
        ValueError: a parameter is out of range.
    """
    if channels < 1:  # the message of a ValueError reaches the user unchanged
        raise ValueError(f"channels: expected at least 1, found {channels}")
    return Mine(input_shape, channels)


class Mine(nn.Module):
    """Two convolutions with poolings, then a dense layer: (N, 1, angle bins, delay bins) -> (N, 3)."""

    def __init__(self, input_shape: tuple[int, int, int], channels: int):
        super().__init__()
        _, angle_bins, delay_bins = input_shape
        self.features = nn.Sequential(
            nn.Conv2d(1, channels, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.dense = nn.Linear(channels * (angle_bins // 4) * (delay_bins // 4), 3)

    def forward(self, x: Tensor) -> Tensor:
        """Return positions with about zero mean and unit size; the localizer converts them to metres.

        `x` is on the scenario's input scale. Put any other scaling of the input into this function, so that attacks can
        differentiate through it. In eval mode a user's output must not depend on the other users of the batch.
        """
        return self.dense(self.features(x))
