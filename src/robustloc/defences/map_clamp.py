"""Map clamp: moves an estimate outside the service area to the nearest point of the area.

The area is the box around the training users, so the defence needs no training. The clamp is a part of the attacked
localizer, so attacks differentiate through it. An attacker gains nothing from estimates that are clearly impossible.
"""

from torch import Tensor, nn

from robustloc.defences.parts.base import Defence


def build() -> "MapClamp":
    """Build the defence."""
    return MapClamp()


class MapClamp(Defence):
    """Clamps the estimates of the localizer."""

    def wrap(self, localizer: nn.Module, eps: float) -> nn.Module:
        """Return the clamped localizer."""
        return Clamped(localizer)


class Clamped(nn.Module):
    """(N, 1, angle bins, delay bins) -> (N, 3) positions inside the service area [m]."""

    def __init__(self, localizer: nn.Module):
        super().__init__()
        self.localizer = localizer

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions and project them onto the area."""
        low, high = self.localizer.area
        return self.localizer(x).clamp(low, high)
