"""One perturbation for all users, learnt on training users (after Moosavi-Dezfooli et al., CVPR 2017).

The perturbation is learnt by gradient ascent. The attacker knows the network and the scene, but not the user. With
`random_phase`, the attacker does not know either at which phase the perturbation adds to the user's channel.
"""

from functools import partial
from math import pi

import torch
from torch import Tensor

from robustloc.attacks.parts.steps import (
    Generators,
    Loss,
    check_eps,
    check_norm,
    check_positive,
    project,
    sources,
    steepest,
    value_and_gradient,
)


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
        loss: not used, because the perturbation does not depend on the attacked users.
        x, norm, minimum: see `robustloc.attacks.gradient.perturb`.
        eps: radius of the ball, a number.
        examples: batches of training users, each a loss and its inputs (n, …).
        generators: one per sample, for its phase.
        epochs: number of passes over the examples.
        step: length of the first step, in units of eps; one step per batch, and the length falls linearly to zero.
        random_phase: rotate the perturbation by a random phase per user, in learning and in use. It needs complex
            inputs x, with real and imaginary parts along axis 1.
    """
    check_norm(norm)
    check_eps(eps)
    check_positive(epochs=epochs, step=step)
    if random_phase and x.shape[1] != 2:
        raise ValueError("random_phase: expected complex inputs (domain: csi), real and imaginary parts along axis 1")
    source = torch.Generator().manual_seed(0)
    # not zero: there, the gradient of a perturbation of random phase vanishes
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
    """Add one perturbation (1, …) to inputs (N, …), rotated by each sample's phase if there are phases."""
    if phases is not None:
        (real, imaginary), cosine, sine = shared.unbind(dim=1), phases.cos(), phases.sin()
        shared = torch.stack([real * cosine - imaginary * sine, real * sine + imaginary * cosine], dim=1)
    moved = x + shared
    return moved if minimum is None else moved.clamp_min(minimum)


def _phases(generators: Generators, x: Tensor) -> Tensor:
    """Draw a phase per sample, shaped (N, 1, …) to broadcast against x without its axis 1."""
    turns = torch.stack([torch.rand((), generator=generator, dtype=x.dtype) for generator in generators]).to(x)
    return 2 * pi * turns.view(-1, *[1] * (x.ndim - 2))
