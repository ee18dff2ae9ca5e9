"""Template of a defence: copy it to src/robustloc/defences/mine.py (the file's name is the defence's), then change it.

Yours to change: everything but the name `build`. A defence overrides what it needs of `robustloc.defences.parts.base.Defence`: the
users to train on (`on_training_set`, `on_batch`), the loss (`loss`, `score`), or the localizer that is used in the end
(`wrap`). One that crafts takes a parameter `attacks`, as src/robustloc/defences/adversarial.py does.
`pytest tests/defences -k mine` says whether the contract in src/robustloc/defences/__init__.py still holds.
"""

import torch
from torch import Tensor, nn

from robustloc.defences.parts.base import Defence


def build(*, share: float = 0.1) -> "Erasure":
    """Build the defence.

    Args:
        share: of the pixels that are erased. Parameters are those of the defence's entry in the configuration, such as
            `defences: {mine: {start: none, share: 0.2}}`.
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
        """Return the users to train on in one step; each draws from the generator of its own place in the batch."""
        kept = [torch.rand(x.shape[1:], generator=generator) >= self.share for generator in generators[: len(x)]]
        return x * torch.stack(kept).to(x), y
