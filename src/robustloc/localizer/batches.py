"""The users of training, as whole tensors on its device.

All users fit into memory. Whole tensors need no work per user and no loader processes, as torch's DataLoader does.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Data:
    """Training users and validation users.

    Attributes:
        x, validation_x: (N, 1, angle bins, delay bins) scaled ADPs.
        y, validation_y: (N, 3) positions [m].
    """

    x: Tensor
    y: Tensor
    validation_x: Tensor
    validation_y: Tensor

    def to(self, device: torch.device) -> "Data":
        """Return the same users on a device."""
        return Data(*(tensor.to(device) for tensor in vars(self).values()))


class Batches:
    """One epoch of users; yields each batch ``repeats`` times in a row.

    Args:
        x, y: inputs (N, …) and positions (N, 3) [m] of all users.
        size: users per batch; the last batch holds the rest.
        order: (N,) permutation of the users; None keeps their order.
        repeats: see `robustloc.defences.parts.base.Defence`.
    """

    def __init__(self, x: Tensor, y: Tensor, size: int, order: Tensor | None = None, repeats: int = 1):
        self.x, self.y, self.size, self.order, self.repeats = x, y, size, order, repeats

    def __len__(self) -> int:
        return self.repeats * math.ceil(len(self.x) / self.size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.arange(len(self.x)) if self.order is None else self.order
        for index in order.to(self.x.device).split(self.size):
            for _ in range(self.repeats):
                # an index makes a copy, so nothing that a defence does to a batch reaches the users or a repetition
                yield self.x[index], self.y[index]
