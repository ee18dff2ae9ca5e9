"""Transfer: errors of localizers under adversarial examples that were crafted on other localizers."""

import pandas as pd
from torch import Tensor, nn
from tqdm import tqdm

from robustloc.attacks.parts.budget import bounded
from robustloc.attacks.parts.losses import SquaredError
from robustloc.robustness.examination import pgd, rmse


def errors(localizers: dict[tuple[str, str], nn.Module], x: Tensor, position: Tensor, eps: float) -> pd.DataFrame:
    """Craft on every localizer, and measure every localizer under these examples.

    Args:
        localizers: (model, defence) -> network, which maps inputs to positions (N, 3) [m].
        x: (N, 1, angle bins, delay bins) scaled inputs.
        position: (N, 3) true positions [m].
        eps: L-infinity budget, on the input's scale.

    Returns:
        One row per pair, with the columns source_model, source_defence, model, defence and rmse_m [m].
    """
    losses = {names: SquaredError(localizer, position) for names, localizer in localizers.items()}
    attack, rows = bounded(pgd(), "linf", "gradient"), []
    for source, loss in tqdm(losses.items(), desc="sources", unit="localizer"):
        moved = attack(loss, x, eps=eps, norm="linf")
        rows += [(*source, *names, rmse(other, moved)) for names, other in losses.items()]
    return pd.DataFrame(rows, columns=["source_model", "source_defence", "model", "defence", "rmse_m"])
