"""Map clamp: an estimate outside the service area is moved to its nearest point inside.

The area is the box around the training users, so no training is needed. The clamp is a part of the localizer that is
attacked: attackers see through it, and cannot gain from estimates that no user would believe.
"""

from torch import Tensor, nn

from robustloc.defences.parts.base import Defence


def build() -> "MapClamp":
    """Build the defence."""
    return MapClamp()


class MapClamp(Defence):
    """Clamps what the localizer estimates."""

    def wrap(self, localizer: nn.Module, eps: float) -> nn.Module:
        """Return the clamped localizer."""
        return Clamped(localizer)


class Clamped(nn.Module):
    """(N, 1, angle bins, delay bins) -> (N, 3) positions inside the service area [m]."""

    def __init__(self, localizer: nn.Module):
        super().__init__()
        self.localizer = localizer

    def forward(self, x: Tensor) -> Tensor:
        """Estimate, and project onto the area."""
        low, high = self.localizer.area
        return self.localizer(x).clamp(low, high)
