"""The certificate of a smoothed localizer: verified errors at each radius, summarised over users."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

from robustloc.data.dataset import Users
from robustloc.data.positions import position_error
from robustloc.data.scale import Scale
from robustloc.robustness.certificate import certified_errors, certified_psr_db
from robustloc.robustness.folding import folded

# inputs per pass; larger batches do not fit into the processor's cache
BATCH = 128


def certificate(
    smoothed: nn.Module,
    users: Users,
    scale: Scale,
    user_seeds: list[int],
    *,
    draws: int,
    radii_sigmas: Sequence[float],
    confidence: float,
) -> pd.DataFrame:
    """Certify users of a smoothed localizer.

    Args:
        smoothed: a module with two attributes: ``localizer``, the network under noise, and ``sigma``, the standard
            deviation of the noise on the input's scale.
        users: N users.
        scale: scale of the model's input.
        user_seeds: N seeds, one per user.
        draws: noise patterns per user.
        radii_sigmas: L2 radii in units of sigma.
        confidence: probability that all bounds hold, those of all users and radii together.

    Returns:
        One row per radius, with the columns confidence, sigma, radius, psr_db [dB], certified_rmse_m [m],
        certified_p90_m [m] and n_users. The first row has radius 0 and the error of the smoothed estimate itself.
    """
    x = torch.tensor(scale.apply(users.adp)).unsqueeze(1)
    estimates = _estimates(smoothed.localizer, x, smoothed.sigma, draws, user_seeds)
    shifts = sorted(radii_sigmas)
    own = position_error(np.median(estimates, axis=1), users.position)
    certified = certified_errors(estimates, users.position, shifts, confidence)
    rows = []
    for shift, errors in zip([0.0, *shifts], [own, *certified], strict=True):
        radius = shift * smoothed.sigma
        # inverted_cdf never interpolates: the median is the lower of two middle users, and the 90th percentile is an
        # error that at least 90 % of the users do not exceed
        psr_db = np.percentile(certified_psr_db(radius, users.adp, scale), 50, method="inverted_cdf")
        p90_m = np.percentile(errors, 90, method="inverted_cdf")
        rows.append(
            {"confidence": confidence, "sigma": smoothed.sigma, "radius": radius, "psr_db": psr_db}
            | {"certified_rmse_m": np.sqrt(np.mean(errors**2)), "certified_p90_m": p90_m, "n_users": len(users)}
        )
    return pd.DataFrame(rows)


def _estimates(model: nn.Module, x: Tensor, sigma: float, draws: int, user_seeds: list[int]) -> np.ndarray:
    """Estimate the positions (N, draws, 3) [m] of N users under noise; each user has its own generator."""
    model, found = folded(model, x[:BATCH]), []
    with torch.no_grad():
        for one, seed in zip(tqdm(x, desc="certifying", unit="user"), user_seeds, strict=True):
            noise = torch.randn(draws, *one.shape, generator=torch.Generator().manual_seed(seed))
            found.append(torch.cat([model(one + sigma * part) for part in noise.split(BATCH)]))
    return torch.stack(found).double().numpy()
