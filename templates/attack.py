"""Template of an attack: copy it to src/robustloc/attacks/mine.py, then change it.
The name of the file is the name of the attack.

Keep the name `perturb` and the parameters loss, x, eps, norm and generators; change everything else. An attack never
sees the model, only the loss of each user. So the same file attacks profiles and channels, with a target or without.
`pytest tests/attacks -k mine` checks the contract in src/robustloc/attacks/__init__.py.
"""

from torch import Tensor

from robustloc.attacks.parts.steps import (
    Generators,
    Loss,
    check_norm,
    project,
    random_point,
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
    generators: Generators | None = None,
    steps: int = 5,
    minimum: float | None = 0.0,
) -> Tensor:
    """Maximise the loss from a random point of the ball, with steps that shrink from eps to eps / steps.

    Args:
        loss: inputs (N, …) -> one value per user (N,); a larger value is worse for the localizer.
        x: inputs (N, …).
        eps: radius of the ball around x: a number, or a tensor that broadcasts against x.
        norm: norm of the ball, linf or l2.
        generators: one per user, so that a user's example does not depend on its batch.
        steps: number of gradients. This parameter and the next come from the attack's entry in the configuration, such
            as `attacks: {mine: {norm: linf, steps: 20}}`.
        minimum: lower bound of the result, or None for no bound. A profile is a magnitude, so its bound is 0. Channels
            are complex and have no bound: their attacks need `minimum: null` in the configuration.

    Returns:
        (N, …) perturbed inputs, inside the ball.
    """
    check_norm(norm)
    point = project(random_point(x, eps, norm, sources(x, generators)), x, eps, norm, minimum)
    for step in range(steps):
        _, gradient = value_and_gradient(loss, point)
        point = point + eps / (step + 1) * steepest(gradient, norm)
        point = project(point, x, eps, norm, minimum)
    return point
