"""One perturbation for all users, learnt on training users (Moosavi-Dezfooli et al., CVPR 2017, by gradient ascent).

Its attacker knows the network and the scene, but neither the user nor, with `random_phase`, the phase at which the
perturbation meets the user's channel.
"""

from functools import partial
from math import pi

import torch
from torch import Tensor

from robustloc.attacks.parts.steps import Generators, Loss, check_norm, project, sources, steepest, value_and_gradient


def perturb(
    loss: Loss,
    x: Tensor,
    *,
    eps: float | Tensor,
    norm: str,
    examples: list[tuple[Loss, Tensor]],
    generators: Generators | None = None,
    epochs: int = 10,
    step: float = 0.2,
    random_phase: bool = False,
    minimum: float | None = None,
) -> Tensor:
    """Learn one perturbation on the examples and add it to the inputs.

    Args:
        loss: not asked: the perturbation is the same whoever the users are.
        x, norm, minimum: see `robustloc.attacks.gradient.perturb`.
        eps: radius of the ball, a number.
        examples: batches of training users, each a loss and the inputs (n, …) that it is of.
        generators: one per sample, for its phase.
        epochs: passes over the examples.
        step: length of a step per batch, in units of eps; it falls to zero over the epochs.
        random_phase: turn the perturbation by a random phase per user; x are then complex numbers, real and imaginary
            parts along axis 1, and the perturbation is learnt under random phases too.
    """
    check_norm(norm)
    if random_phase and x.shape[1] != 2:
        raise ValueError("random_phase: expected complex inputs (domain: csi), real and imaginary parts along axis 1")
    source = torch.Generator().manual_seed(0)
    # any start with a gradient will do; at zero, a perturbation of unknown phase has none
    nothing = torch.zeros_like(x[:1])
    shared = project(torch.randn(nothing.shape, generator=source, dtype=x.dtype).to(x), nothing, eps, norm)
    total = epochs * len(examples)
    for count in range(total):
        batch_loss, batch = examples[count % len(examples)]
        phases = _phases([source] * len(batch), batch) if random_phase else None
        shared_loss = partial(_loss_with, loss=batch_loss, x=batch, phases=phases, minimum=minimum)
        _, gradient = value_and_gradient(shared_loss, shared)
        length = step * eps * (1 - count / total)
        shared = project(shared + length * steepest(gradient, norm), nothing, eps, norm)
    phases = _phases(sources(x, generators), x) if random_phase else None
    return _added(shared, x.detach(), phases, minimum)


def _loss_with(shared: Tensor, *, loss: Loss, x: Tensor, phases: Tensor | None, minimum: float | None) -> Tensor:
    return loss(_added(shared, x, phases, minimum))


def _added(shared: Tensor, x: Tensor, phases: Tensor | None, minimum: float | None) -> Tensor:
    """Add one perturbation (1, …) to inputs (N, …), turned by each sample's phase if there are phases."""
    if phases is not None:
        (real, imaginary), cosine, sine = shared.unbind(dim=1), phases.cos(), phases.sin()
        shared = torch.stack([real * cosine - imaginary * sine, real * sine + imaginary * cosine], dim=1)
    moved = x + shared
    return moved if minimum is None else moved.clamp_min(minimum)


def _phases(generators: Generators, x: Tensor) -> Tensor:
    """Draw a phase per sample, shaped (N, 1, …) to broadcast against x without its axis 1."""
    turns = torch.stack([torch.rand((), generator=generator, dtype=x.dtype) for generator in generators]).to(x)
    return 2 * pi * turns.view(-1, *[1] * (x.ndim - 2))
