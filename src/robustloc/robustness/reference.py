"""A reference of many times an attack's cost: other starts, other directions and another schedule of steps."""

from functools import partial
from itertools import count

import numpy as np
from torch import nn

from robustloc.attacks import apgd, directions
from robustloc.base import seeds
from robustloc.data.dataset import Manifest, Users
from robustloc.data.positions import position_error
from robustloc.robustness import domains
from robustloc.robustness.crafting import craft
from robustloc.robustness.measuring import measure

# an ADP is a magnitude, so no attack may go below 0
MINIMUM = 0.0
# attacks of the reference in turn, until it has spent its evaluations; each round has starts of its own
ROUNDS = (
    partial(directions.perturb, directions=8, steps=60, last_steps=200, minimum=MINIMUM),
    partial(apgd.perturb, steps=240, minimum=MINIMUM),
)


def reference(
    localizer: nn.Module,
    users: Users,
    manifest: Manifest,
    *,
    eps: float,
    norm: str,
    evaluations: int,
    seed: int,
    batch_size: int,
) -> tuple[np.ndarray, int]:
    """Attack users with ROUNDS until every user has had a number of evaluations.

    Args:
        localizer: the network under attack.
        users: N users.
        manifest: manifest of the data set, for its scale.
        eps: budget on the input's scale.
        norm: of the budget, ``linf`` or ``l2``.
        evaluations: gradients or queries for each user that the reference spends at least.
        seed: seed of all rounds; each round and user has its own below it.
        batch_size: users per gradient.

    Returns:
        Each user's largest error (N,) [m], and the evaluations that were spent.
    """
    start, errors, spent, rounds = domains.of_inputs(users.adp, manifest.scale), np.zeros(len(users.user)), 0, count()
    while spent < evaluations:
        place = next(rounds)
        attack = partial(ROUNDS[place % len(ROUNDS)], norm=norm)
        own = [seeds.seed(seed, place, user) for user in users.user]
        found = craft(localizer, start, users.position, attack, eps=eps, norm=norm, seeds=own, batch_size=batch_size)
        outcome = measure(localizer, start, found.moved, users.adp, manifest.scale, batch_size)
        errors = np.maximum(errors, position_error(outcome.prediction, users.position))
        spent += found.evaluations
    return errors, spent
