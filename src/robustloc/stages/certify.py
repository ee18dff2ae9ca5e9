"""Prove how far estimates of a localizer that is smoothed by a median can be moved -> one row per radius."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

from robustloc.base import seeds
from robustloc.base.seeds import LOCALIZER
from robustloc.data.dataset import Manifest
from robustloc.data.positions import position_error
from robustloc.jobs.job import Job, run
from robustloc.localizer.checkpoint import load
from robustloc.robustness.certificate import certified_errors, certified_psr_db
from robustloc.robustness.folding import folded

# inputs per pass; larger ones leave the processor's cache
BATCH = 128


def main(job: Job) -> None:
    """Write radius, power and certified errors; the first row, of radius 0, is the smoothed estimate's own error."""
    config, cell = job.config, job.config["cell"]
    manifest = Manifest.read(job.input("manifest"))
    users, scale = manifest.subset(config["users"]), manifest.scale
    smoothed = load(job.input("checkpoint"))
    names = [cell[name] for name in LOCALIZER]
    estimates = _estimates(
        smoothed.localizer,
        torch.tensor(scale.apply(users.adp)).unsqueeze(1),
        smoothed.sigma,
        config["draws"],
        [seeds.seed(config["seed"], *names, "certificate", user) for user in users.user],
    )
    shifts = sorted(config["radii_sigmas"])
    own = position_error(np.median(estimates, axis=1), users.position)
    certified = certified_errors(estimates, users.position, shifts, config["confidence"])
    rows = []
    for shift, errors in zip([0.0, *shifts], [own, *certified], strict=True):
        radius = shift * smoothed.sigma
        # of two middle users the lower one, and for 90 % of the users an error that so many really keep to
        psr_db = np.percentile(certified_psr_db(radius, users.adp, scale), 50, method="inverted_cdf")
        p90_m = np.percentile(errors, 90, method="inverted_cdf")
        rows.append(
            {name: cell[name] for name in LOCALIZER}
            | {"confidence": config["confidence"], "sigma": smoothed.sigma, "radius": radius, "psr_db": psr_db}
            | {"certified_rmse_m": np.sqrt(np.mean(errors**2)), "certified_p90_m": p90_m, "n_users": len(users)}
        )
    pd.DataFrame(rows).to_csv(job.output("certificate"), index=False, float_format="%.9g")


def _estimates(model: nn.Module, x: Tensor, sigma: float, draws: int, user_seeds: list[int]) -> np.ndarray:
    """Estimate the positions (N, draws, 3) [m] of N users under noise, each user's from a generator of its own."""
    model, found = folded(model, x[:BATCH]), []
    with torch.no_grad():
        for one, seed in zip(tqdm(x, desc="certifying", unit="user"), user_seeds, strict=True):
            noise = torch.randn(draws, *one.shape, generator=torch.Generator().manual_seed(seed))
            found.append(torch.cat([model(one + sigma * part) for part in noise.split(BATCH)]))
    return torch.stack(found).double().numpy()


if __name__ == "__main__":
    run(main, __doc__, inputs=("manifest", "test", "checkpoint"), outputs=("certificate",))
