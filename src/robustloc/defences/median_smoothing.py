"""Median smoothing: the median of the estimates under Gaussian noise, coordinate by coordinate.

Chiang et al., "Detection as Regression: Certified Object Detection by Median Smoothing" (NeurIPS 2020). Training adds
noise of the same standard deviation. Estimation uses a fixed bank of noise patterns for all users. So an estimate is
reproducible and does not depend on the other users of a batch, and an attack differentiates through the median and
the noise that the estimate uses. `robustloc.robustness.certificate` certifies the median under fresh noise instead.
"""

import torch
from torch import Tensor, nn

from robustloc.defences.parts.base import Noisy

CERTIFIES = True  # contract: src/robustloc/defences/__init__.py
# every localizer has the same bank, so a checkpoint does not need to store it
BANK_SEED = 0


def build(*, sigma_epsilons: float = 1.0, draws: int = 15) -> "MedianSmoothing":
    """Build the defence.

    Args:
        sigma_epsilons: standard deviation of the noise on the scaled input, in units of epsilon.
        draws: number of noise patterns whose median is the estimate; odd.

    Raises:
        ValueError: the number of draws is even or below 1, or the standard deviation is not positive.
    """
    if draws < 1 or draws % 2 == 0:
        raise ValueError(f"draws: expected an odd number, found {draws}")
    return MedianSmoothing(sigma_epsilons, draws)


class MedianSmoothing(Noisy):
    """Trains under noise and estimates by the median under noise."""

    def __init__(self, sigma_epsilons: float, draws: int):
        super().__init__(sigma_epsilons)
        self.draws = draws

    def wrap(self, localizer: nn.Module, eps: float) -> nn.Module:
        """Return the median of the localizer under noise of standard deviation sigma_epsilons * eps."""
        return Smoothed(localizer, self.sigma_epsilons * eps, self.draws)


class Smoothed(nn.Module):
    """Coordinate-wise median of a localizer's estimates under a fixed bank of noise patterns.

    Attributes:
        localizer: scaled inputs (N, 1, angle bins, delay bins) -> positions (N, 3) [m].
        sigma: standard deviation of the noise, on the input's scale.
        draws: number of patterns, odd.
    """

    def __init__(self, localizer: nn.Module, sigma: float, draws: int):
        super().__init__()
        self.localizer, self.sigma, self.draws = localizer, sigma, draws

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions [m]: (N, 1, angle bins, delay bins) -> (N, 3)."""
        bank = torch.randn(self.draws, *x.shape[1:], generator=torch.Generator().manual_seed(BANK_SEED))
        noise = self.sigma * bank.to(x)
        with torch.no_grad():
            estimates = torch.stack([self.localizer(x + pattern) for pattern in noise])
            median = estimates.median(dim=0)
        if not torch.is_grad_enabled():
            return median.values
        # The gradient of a median is the gradient of its selected draw. So only the selected draw of each coordinate is
        # computed a second time, with a graph. This needs a fifth of the memory.
        taken = self.localizer((x.unsqueeze(1) + noise[median.indices]).flatten(0, 1))
        return taken.view(len(x), 3, 3).diagonal(dim1=1, dim2=2)
