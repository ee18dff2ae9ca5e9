"""The paper's neural ODE (Fig. 3): a convolutional stem, ODE blocks (Eq. 6-9), one dense layer.

Each block moves the state h from t = 0 to 1 along dh/dt = f(h, t), with f of `robustloc.models.parts.blocks.Field`.
Gradients pass through the steps of the solver, so they are the gradients of the estimate itself. The adjoint method
would need less memory, but its gradient belongs to the exact flow and not to the computed estimate.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torchdiffeq import odeint

from robustloc.models.parts import dopri5
from robustloc.models.parts.blocks import BlockNetwork, Field

FIXED = ("euler", "midpoint", "rk4")
Solver = Callable[[nn.Module, Tensor], Tensor]


def build(
    input_shape: tuple[int, int, int],
    *,
    blocks: int = 1,
    solver: Literal["euler", "midpoint", "rk4", "dopri5"] = "rk4",
    steps: int = 2,
    tolerance: float = 1e-3,
    spectral_norm: bool = False,
    steady_state: float = 0.0,
) -> nn.Module:
    """Build the network.

    Args:
        input_shape: (1, angle bins, delay bins), each at least 8.
        blocks: number of ODE blocks.
        solver: fixed steps (euler, midpoint, rk4), or steps that dopri5 adapts to each user.
        steps: number of fixed steps per block; with one step the block is a residual block rather than an ODE.
        tolerance: dopri5's bound on the error of a step, both absolute and relative to the state.
        spectral_norm: bound the Lipschitz constants of the field's convolutions; see `Field`.
        steady_state: weight of the steady-state term of TisODE (Yan et al., ICLR 2020), in standardised positions per
            unit of state. Training adds the root mean square change of the state from t = 1 to 2, summed over blocks,
            because states that come to rest at t = 1 keep neighbours together. The dynamics must be the same at t > 1,
            so any weight above 0 makes them f(h, 0).
    """
    if steady_state < 0:
        raise ValueError(f"steady_state: expected at least 0, found {steady_state}")
    solve = _solver(solver, steps, tolerance)
    block = partial(ODEBlock, solve=solve, steady_state=steady_state, spectral_norm=spectral_norm)
    return NeuralODE(input_shape, blocks, block)


def _solver(solver: str, steps: int, tolerance: float) -> Solver:
    """Return the function that moves a state along a field from t = 0 to 1."""
    if solver not in (*FIXED, "dopri5"):
        raise ValueError(f"solver: expected one of {', '.join(FIXED)}, dopri5, found {solver!r}")
    if steps < 1:
        raise ValueError(f"steps: expected at least 1, found {steps}")
    if tolerance <= 0:
        raise ValueError(f"tolerance: expected more than 0, found {tolerance}")
    if solver == "dopri5":
        return partial(dopri5.solve, tolerance=tolerance)
    return partial(_fixed, method=solver, step=1 / steps)


def _fixed(field: nn.Module, h: Tensor, *, method: str, step: float) -> Tensor:
    return odeint(field, h, h.new_tensor([0.0, 1.0]), method=method, options={"step_size": step})[-1]


class NeuralODE(BlockNetwork):
    """(N, 1, angle bins, delay bins) -> (N, 3)."""

    def penalty(self) -> Tensor:
        """Return the steady-state term of the last forward pass in training mode; zero if the weight is zero."""
        return sum(block.penalty() for block in self.blocks)


class ODEBlock(nn.Module):
    """State at t = 0 -> state at t = 1 (Eq. 9).

    Args:
        shape: (channels, height, width) of the state.
        solve: moves a state along a field from t = 0 to 1.
        steady_state, spectral_norm: see `build`.
    """

    def __init__(
        self, shape: tuple[int, int, int], solve: Solver, *, steady_state: float = 0.0, spectral_norm: bool = False
    ):
        super().__init__()
        self.field = Field(shape, invariant=steady_state > 0, spectral_norm=spectral_norm)
        self.solve, self.steady_state = solve, steady_state
        self._term = torch.zeros(())

    def forward(self, h: Tensor) -> Tensor:
        """Solve the initial value problem (Eq. 6-8) for (N, channels, height, width)."""
        # Spectral normalisation takes a step of its power iteration at every use, which would change the field while
        # it is solved. The cache limits it to one step per pass.
        with parametrize.cached():
            end = self.solve(self.field, h)
            if self.training and self.steady_state > 0:
                change = self.solve(self.field, end) - end
                self._term = self.steady_state * torch.linalg.vector_norm(change) / change.numel() ** 0.5
        return end

    def penalty(self) -> Tensor:
        """Return the steady-state term once, then zero: a module that keeps a graph cannot be copied."""
        term, self._term = self._term, torch.zeros(())
        return term
