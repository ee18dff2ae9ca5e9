"""The paper's neural ODE (Fig. 3): a convolutional stem, ODE blocks (Eq. 6-9), one dense layer.

Each block moves the state h from t = 0 to 1 along dh/dt = f(h, t), with f of `robustloc.models.parts.blocks.Field`.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torchdiffeq import odeint, odeint_adjoint

from robustloc.models.parts import dopri5
from robustloc.models.parts.blocks import BlockNetwork, Field

FIXED = ("euler", "midpoint", "rk4")
GRADIENTS = {"backprop": odeint, "adjoint": odeint_adjoint}
Solver = Callable[[nn.Module, Tensor], Tensor]


def build(
    input_shape: tuple[int, int, int],
    *,
    blocks: int = 1,
    solver: Literal["euler", "midpoint", "rk4", "dopri5"] = "rk4",
    steps: int = 2,
    tolerance: float = 1e-3,
    gradient: Literal["backprop", "adjoint"] = "backprop",
    spectral_norm: bool = False,
    steady_state: float = 0.0,
) -> nn.Module:
    """Build the network.

    Args:
        input_shape: (1, angle bins, delay bins), each at least 8.
        blocks: number of ODE blocks.
        solver: fixed steps (euler, midpoint, rk4), or steps that dopri5 adapts to each user.
        steps: per block, of fixed steps; one step is a residual block rather than an ODE.
        tolerance: of dopri5, per step: both absolute and relative to the state.
        gradient: ``backprop`` through the solver's steps, which of fixed steps is exactly that of the estimate; or
            ``adjoint``, that of the continuous ODE (Chen et al., NeurIPS 2018), in little memory, with fixed steps
            only, and 10 % and more beside that of the estimate where these are few.
        spectral_norm: bound the Lipschitz constants of the field's convolutions; see `robustloc.models.parts.blocks.Field`.
        steady_state: weight of the steady-state term of TisODE (Yan et al., ICLR 2020), in standardised positions per
            unit of state. States that come to rest at t = 1 keep neighbours together, so training is charged for the
            change of the state from t = 1 to 2, its root mean square, summed over blocks. That the dynamics are the
            same at t > 1 takes an f that does not know t: any weight above 0 makes it f(h, 0).
    """
    if steady_state < 0:
        raise ValueError(f"steady_state: expected at least 0, found {steady_state}")
    solve = _solver(solver, steps, tolerance, gradient)
    block = partial(ODEBlock, solve=solve, steady_state=steady_state, spectral_norm=spectral_norm)
    return NeuralODE(input_shape, blocks, block)


def _solver(solver: str, steps: int, tolerance: float, gradient: str) -> Solver:
    """Return what moves a state along a field from t = 0 to 1."""
    if solver not in (*FIXED, "dopri5"):
        raise ValueError(f"solver: expected one of {', '.join(FIXED)}, dopri5, found {solver!r}")
    if gradient not in GRADIENTS:
        raise ValueError(f"gradient: expected one of {', '.join(GRADIENTS)}, found {gradient!r}")
    if steps < 1:
        raise ValueError(f"steps: expected at least 1, found {steps}")
    if tolerance <= 0:
        raise ValueError(f"tolerance: expected more than 0, found {tolerance}")
    if solver != "dopri5":
        return partial(_fixed, odeint=GRADIENTS[gradient], method=solver, step=1 / steps)
    if gradient == "adjoint":
        raise ValueError("gradient: expected backprop with the solver dopri5, found 'adjoint'")
    return partial(dopri5.solve, tolerance=tolerance)


def _fixed(field: nn.Module, h: Tensor, *, odeint: Callable, method: str, step: float) -> Tensor:
    return odeint(field, h, h.new_tensor([0.0, 1.0]), method=method, options={"step_size": step})[-1]


class NeuralODE(BlockNetwork):
    """(N, 1, angle bins, delay bins) -> (N, 3)."""

    def penalty(self) -> Tensor:
        """Return the steady-state term of the last forward pass in training mode; zero without one."""
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
        # one spectral normalisation per pass: a step of its power iteration would move the field while it is solved
        with parametrize.cached():
            end = self.solve(self.field, h)
            if self.training and self.steady_state > 0:
                change = self.solve(self.field, end) - end
                self._term = self.steady_state * torch.linalg.vector_norm(change) / change.numel() ** 0.5
        return end

    def penalty(self) -> Tensor:
        """Return the steady-state term and let go of it: modules that hold on to a graph cannot be copied."""
        term, self._term = self._term, torch.zeros(())
        return term
