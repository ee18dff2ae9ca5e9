"""Template of a model: copy it to src/robustloc/models/mine.py (the file's name is the model's), then change it.

Yours to change: everything but the name `build`, its first parameter, and the shapes that go in and come out.
`pytest tests/models -k mine` says whether the contract in src/robustloc/models/__init__.py still holds.
"""

from torch import Tensor, nn


def build(input_shape: tuple[int, int, int], *, channels: int = 16) -> nn.Module:
    """Build the network.

    Args:
        input_shape: (1, angle bins, delay bins), each at least 8.
        channels: of the convolutions. Parameters behind the * are those of the model's entry in the configuration,
            such as `models: {mine: {channels: 32}}`; they are checked against these names and types.
    """
    if channels < 1:  # a ValueError is told to the user as it stands
        raise ValueError(f"channels: expected at least 1, found {channels}")
    return Mine(input_shape, channels)


class Mine(nn.Module):
    """Two convolutions with poolings and a dense layer; (N, 1, angle bins, delay bins) -> (N, 3)."""

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
        """Return positions of about zero mean and unit size; metres are made outside.

        `x` is on the scenario's input scale. What needs another scale, or statistics, belongs in here, so that attacks
        see through it; in eval mode a user's output must not depend on the others of the batch.
        """
        return self.dense(self.features(x))
