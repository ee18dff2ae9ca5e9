"""The users that training sees, as whole tensors on its device: no work per user, no loader processes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Data:
    """Training and validation users: scaled ADPs (N, 1, angle bins, delay bins) and positions (N, 3) [m]."""

    x: Tensor
    y: Tensor
    validation_x: Tensor
    validation_y: Tensor

    def to(self, device: torch.device) -> "Data":
        """Return the same users on a device."""
        return Data(*(tensor.to(device) for tensor in vars(self).values()))


class Batches:
    """One epoch of users, each batch presented ``repeats`` times in a row.

    Args:
        x, y: all users.
        size: users per batch; the last one holds what is left.
        order: (N,) permutation of the users, or None to keep theirs.
        repeats: see `robustloc.defences.parts.base.Defence`.
    """

    def __init__(self, x: Tensor, y: Tensor, size: int, order: Tensor | None = None, repeats: int = 1):
        self.x, self.y, self.size, self.order, self.repeats = x, y, size, order, repeats

    def __len__(self) -> int:
        return self.repeats * math.ceil(len(self.x) / self.size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.arange(len(self.x)) if self.order is None else self.order
        for index in order.to(self.x.device).split(self.size):
            batch = self.x[index], self.y[index]
            for _ in range(self.repeats):
                yield batch
