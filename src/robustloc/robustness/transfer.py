"""Transfer: errors of localizers under adversarial examples that were crafted on other localizers."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from torch import Tensor, nn
from tqdm import tqdm

from robustloc.attacks.parts.budget import bounded
from robustloc.attacks.parts.losses import SquaredError
from robustloc.robustness import examination

COLUMNS = ["model", "defence", "user", "error_m", "source_model", "source_defence"]


def strongest(
    localizers: dict[tuple[str, str], nn.Module],
    x: Tensor,
    position: Tensor,
    user: np.ndarray,
    eps: float,
    *,
    victims: Collection[tuple[str, str]] | None = None,
) -> pd.DataFrame:
    """Craft on every localizer, and find each user's largest error on every other localizer.

    Args:
        localizers: (model, defence) -> network, which maps inputs to positions (N, 3) [m].
        x: (N, 1, angle bins, delay bins) scaled inputs.
        position: (N, 3) true positions [m].
        user: (N,) index of each user.
        eps: L-infinity budget, on the input's scale.
        victims: localizers that are tested; by default all.

    Returns:
        One row per localizer and user, with COLUMNS: the largest error under the examples of any other localizer, and
        the names of that localizer. Without another localizer, no rows.
    """
    losses = {names: SquaredError(localizer, position) for names, localizer in localizers.items()}
    attack = bounded(examination.pgd(), "linf", "gradient")
    under = {names: [] for names in victims or localizers}
    for source, loss in tqdm(losses.items(), desc="sources", unit="localizer"):
        moved = attack(loss, x, eps=eps, norm="linf")
        for names in under.keys() - {source}:
            under[names].append((source, examination.errors(losses[names], moved)))
    rows = []
    for names, others in under.items():
        if others:
            errors = np.stack([errors for _, errors in others])
            sources = [others[place][0] for place in errors.argmax(axis=0)]
            found = zip(user, errors.max(axis=0), sources, strict=True)
            rows += [(*names, one, error, *source) for one, error, source in found]
    return pd.DataFrame(rows, columns=COLUMNS)
