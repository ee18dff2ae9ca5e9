"""Template of a defence: copy it to src/robustloc/defences/mine.py, then change it.
The name of the file is the name of the defence.

Keep the name `build`; change everything else. A defence overrides methods of `robustloc.defences.parts.base.Defence`:

* `on_training_set`, `on_batch`: the users to train on;
* `on_epoch`: forget what was carried over from step to step;
* `loss`, `score`: the loss, and the score that selects the best epoch;
* `wrap`: the localizer that is used after training.

A defence that crafts examples has a parameter `attacks`; see src/robustloc/defences/adversarial.py.
`pytest tests/defences -k mine` checks the contract in src/robustloc/defences/__init__.py.
"""

import torch
from torch import Tensor, nn

from robustloc.defences.parts.base import Defence


def build(*, share: float = 0.1) -> "Erasure":
    """Build the defence.

    Args:
        share: share of the pixels that are erased. Parameters come from the defence's entry in the configuration, such
            as `defences: {mine: {start: none, share: 0.2}}`.

    Raises:
        ValueError: the share is out of range. The message reaches the user unchanged.
    """
    if not 0 <= share < 1:
        raise ValueError(f"share: expected at least 0 and below 1, found {share}")
    return Erasure(share)


class Erasure(Defence):
    """Training on users with random pixels erased."""

    def __init__(self, share: float):
        self.share = share

    def on_batch(
        self, localizer: nn.Module, x: Tensor, y: Tensor, eps: float, generators: list[torch.Generator]
    ) -> tuple[Tensor, Tensor]:
        """Return the users to train on in one step; each user has the generator of its own place in the batch."""
        kept = [torch.rand(x.shape[1:], generator=generator) >= self.share for generator in generators[: len(x)]]
        return x * torch.stack(kept).to(x), y
