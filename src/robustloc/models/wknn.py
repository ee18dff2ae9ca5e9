"""Weighted k-nearest-neighbour fingerprinting: the mean position of the training users whose ADPs are nearest.

After RADAR (Bahl & Padmanabhan, INFOCOM 2000), which averages the k nearest in signal space with equal weights. The
weights here, 1/d_i - 1/d_(k+1) of the distances d, are ours: the k-th neighbour has lost its weight when another takes
its place, so that the estimate is a continuous function of the input, and attacks have a gradient to follow. (A single
neighbour would leave none: its weight cancels.)
"""

from math import prod

import torch
from torch import Tensor, nn

# Candidates per neighbour: a matrix product finds them fast, but not exactly in the order of their distances.
CANDIDATES = 4
# Keeps weights finite at distance 0 and above 0 where all distances are equal; in units of d_(k+1).
FLOOR = 1e-8


def build(input_shape: tuple[int, int, int], *, neighbours: int = 5, references: int = 5000) -> nn.Module:
    """Build the module; it estimates zeros until it is given users to remember.

    Args:
        input_shape: (1, angle bins, delay bins).
        neighbours: k, at least 2.
        references: number of training users to remember, drawn by torch's generator; all, if there are fewer.
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
        """Keep as many users as asked.

        Args:
            x: (N, 1, angle bins, delay bins) inputs.
            y: (N, 3) standardised positions.
        """
        # drawn, since users come in the order of their places, and the first ones are those of one corner
        kept = torch.randperm(len(x))[: self.references]
        # equal inputs, as of users without a path, are one reference in their middle: none of them is nearer
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
        candidates = self._candidates(x)
        distances = torch.linalg.vector_norm(x.unsqueeze(1) - self.x[candidates], dim=2)
        nearest, order = distances.topk(self.neighbours + 1, largest=False)
        share = nearest[:, :-1] / nearest[:, -1:]
        weights = (1 - share + FLOOR) / (share + FLOOR)
        positions = self.y[candidates.gather(1, order[:, :-1])]
        return (weights.unsqueeze(2) * positions).sum(dim=1) / weights.sum(dim=1, keepdim=True)

    @torch.no_grad()
    def _candidates(self, x: Tensor) -> Tensor:
        """Return the indices of the remembered users nearest to (N, pixels), those by |r|² - 2 x·r."""
        count = min(CANDIDATES * (self.neighbours + 1), len(self.x))
        return (self.x.square().sum(dim=1) - 2 * x @ self.x.T).topk(count, largest=False).indices

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *rest: object) -> None:
        """Make room for as many users as the state holds."""
        count = len(state_dict.get(f"{prefix}y", self.y))
        self.x, self.y = (part.new_empty(count, part.shape[1]) for part in (self.x, self.y))
        super()._load_from_state_dict(state_dict, prefix, *rest)
