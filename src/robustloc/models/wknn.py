"""Weighted k-nearest-neighbour fingerprinting: the mean position of the training users whose ADPs are nearest.

RADAR (Bahl & Padmanabhan, INFOCOM 2000) averages the k nearest users with equal weights. Here the weight of neighbour i
at distance d_i is 1/d_i - 1/d_(k+1). The k-th neighbour's weight is zero at the point where another user takes its
place. So the estimate is a continuous function of the input, and attacks have a gradient to follow. With k = 1 there
would be none, because a single weight cancels.
"""

from collections.abc import Iterator
from math import prod

import torch
from torch import Tensor, nn

# Length of the short list per neighbour. A matrix product makes the list fast, but rounding may change its order; exact
# distances then choose from it, and only the chosen users need a gradient.
LISTED = 4
# Number of near fingerprints that make a candidate for attacks
PROPOSED = 100
# Keeps weights finite at distance 0, and above 0 where all distances are equal; in units of d_(k+1).
FLOOR = 1e-8


def build(input_shape: tuple[int, int, int], *, neighbours: int = 5, references: int = 5000) -> nn.Module:
    """Build the module; it estimates zeros until `remember` is called.

    Args:
        input_shape: (1, angle bins, delay bins).
        neighbours: k, at least 2.
        references: number of training users to remember, drawn by torch's global generator; all if there are fewer.
    """
    if neighbours < 2:
        raise ValueError(f"neighbours: expected at least 2, found {neighbours}")
    if references <= neighbours:
        raise ValueError(f"references: expected more than {neighbours} (neighbours), found {references}")
    return WKNN(input_shape, neighbours, references)


class WKNN(nn.Module):
    """(N, 1, angle bins, delay bins) -> (N, 3)."""

    def __init__(self, input_shape: tuple[int, int, int], neighbours: int, references: int):
        super().__init__()
        self.neighbours, self.references = neighbours, references
        self.register_buffer("x", torch.empty(0, prod(input_shape)))
        self.register_buffer("y", torch.empty(0, 3))

    def remember(self, x: Tensor, y: Tensor) -> None:
        """Keep `references` of the training users.

        Args:
            x: (N, 1, angle bins, delay bins) inputs.
            y: (N, 3) standardised positions.
        """
        # drawn at random: users are ordered by place, so the first ones all lie in one corner
        kept = torch.randperm(len(x))[: self.references]
        # users with equal inputs, such as users without a path, become one reference at their mean position, because
        # no distance can choose between them
        self.x, place, counts = x[kept].detach().flatten(1).unique(dim=0, return_inverse=True, return_counts=True)
        self.y = y.new_zeros(len(self.x), 3).index_add_(0, place, y[kept].detach()) / counts.unsqueeze(1)
        if len(self.x) <= self.neighbours:
            raise ValueError(
                f"neighbours: expected fewer than the {len(self.x)} different users, found {self.neighbours}"
            )

    def forward(self, x: Tensor) -> Tensor:
        """Estimate standardised positions."""
        x = x.flatten(1)
        if len(self.x) == 0:
            return 0 * x[:, :3]
        chosen = self._nearest(x)
        nearest = self._distances(x, chosen)
        share = nearest[:, :-1] / nearest[:, -1:]
        weights = (1 - share + FLOOR) / (share + FLOOR)
        positions = self.y[chosen[:, :-1]]
        return (weights.unsqueeze(2) * positions).sum(dim=1) / weights.sum(dim=1, keepdim=True)

    def candidates(self, x: Tensor) -> Iterator[Tensor]:
        """Yield directions (N, 1, angle bins, delay bins) from the nearest fingerprints of inputs to each near one.

        A gradient sees the nearest k fingerprints alone. But |x - r|^2 - |x - n|^2 is linear in x, so a step along
        r - n, or along its signs, is the best one of its size to make r nearer than n.
        """
        inputs = x.flatten(1)
        nearest = self._ordered(inputs, min(PROPOSED, len(self.x)))
        mean = self.x[nearest[:, : self.neighbours]].mean(dim=1)
        for place in range(nearest.shape[1]):
            yield (self.x[nearest[:, place]] - mean).view_as(x)

    @torch.no_grad()
    def _nearest(self, x: Tensor) -> Tensor:
        """Return indices (N, k + 1) of the remembered users r nearest to each x (N, pixels), the nearest first."""
        listed = self._ordered(x, min(LISTED * (self.neighbours + 1), len(self.x)))
        order = self._distances(x, listed).topk(self.neighbours + 1, largest=False).indices
        return listed.gather(1, order)

    def _ordered(self, x: Tensor, count: int) -> Tensor:
        """Return indices (N, count) of the remembered users nearest to each x (N, pixels), in order up to rounding."""
        # |x - r|² = |r|² - 2 x·r + const; the norm is a tenth of the cost of squares and their sum
        squares = torch.linalg.vector_norm(self.x, dim=1).square()
        return torch.addmm(squares, x, self.x.T, alpha=-2).topk(count, largest=False).indices

    def _distances(self, x: Tensor, users: Tensor) -> Tensor:
        """Return the distances (N, M) of each x (N, pixels) from remembered users (N, M)."""
        return torch.linalg.vector_norm(x.unsqueeze(1) - self.x[users], dim=2)

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *rest: object) -> None:
        """Resize the buffers to the number of users in the state before it is loaded."""
        count = len(state_dict.get(f"{prefix}y", self.y))
        self.x, self.y = (part.new_empty(count, part.shape[1]) for part in (self.x, self.y))
        super()._load_from_state_dict(state_dict, prefix, *rest)
