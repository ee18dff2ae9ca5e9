"""How much do attacks over the air find, and how much more does a much longer one find?

For the localizers of a finished run, RMSE [m] at powers from -50 to -20 dB under

* pgd: 40 steps of PGD on the linear profile, along the derivative of the scale as it is: zero at the floor of ``db``;
* worst_air: the entry of config.yaml, whose backward pass is smooth (`robustloc.data.tensor_scale`);
* long: the same with ten times the gradients, on fewer users and at two powers; the last column is the ratio of the
  larger of both errors to worst_air.

    snakemake && python benchmarks/over_the_air.py results --users 48
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from robustloc.attacks import directions, gradient
from robustloc.attacks.parts.budget import bounded
from robustloc.attacks.parts.losses import SquaredError, Through
from robustloc.data.dataset import Manifest
from robustloc.data.scale import Scale
from robustloc.data.tensor_scale import FLOOR, scaled
from robustloc.localizer.checkpoint import load
from robustloc.robustness import domains
from robustloc.robustness.convergence import rmse
from robustloc.robustness.folding import folded

PSRS_DB = (-50, -40, -30, -20)
LONG_AT = (-40, -20)  # the budgets of config.yaml
PGD = partial(gradient.perturb, steps=40, step=10.0, shrink=True, random_start=True, start_radius=0.6, keep_best=True)
WORST = partial(directions.perturb, directions=2, steps=15, last_steps=20)
LONG = partial(directions.perturb, directions=8, steps=40, last_steps=200)


def plain(magnitude: Tensor, scale: Scale) -> Tensor:
    """Scale magnitudes with the derivative of the scale itself."""
    if scale.name != "db":
        return scaled(magnitude, scale)
    return 1 + 20 * torch.log10((magnitude / scale.peak).clamp_min(FLOOR)) / 80


def errors(attack: Callable, users: domains.Domain, into: Callable, error: SquaredError, psr_db: float) -> np.ndarray:
    """Return the position error (N,) [m] of each user under an attack."""
    loss, eps = Through(into, error), 10 ** (psr_db / 20)
    generators = [torch.Generator().manual_seed(user) for user in range(len(users))]
    moved = bounded(attack, "l2", "attack")(loss, users.start, eps=eps, norm="l2", generators=generators, minimum=0.0)
    with torch.no_grad():
        return loss(moved).sqrt().numpy()


def rows(folder: Path, checkpoint: Path, count: int, fewer: int) -> list[dict[str, object]]:
    """Attack one localizer at every power."""
    scenario, model, defence = checkpoint.relative_to(folder).parts[:3]
    manifest = Manifest.read(folder / scenario / "manifest.json")
    scale, some = manifest.scale, manifest.subset(count)
    x, y = torch.from_numpy(manifest.inputs(some)), torch.tensor(some.position).float()
    network, users = folded(load(checkpoint), x[:8]), domains.of_profiles(some.adp, scale)
    (energy,), error = users.signal, SquaredError(network, y)
    chosen = np.linspace(0, len(x) - 1, min(fewer, len(x))).round().astype(int)
    part, partly = users[chosen], SquaredError(network, y[chosen])
    found = []
    for psr_db in PSRS_DB:
        old = errors(PGD, users, lambda a: plain(energy * a, scale), error, psr_db)
        new = errors(WORST, users, users.inputs, error, psr_db)
        further = errors(LONG, part, part.inputs, partly, psr_db) if psr_db in LONG_AT else np.nan
        ratio = rmse(np.maximum(new[chosen], further)) / rmse(new[chosen])
        found.append(
            {"scenario": scenario, "model": model, "defence": defence, "PSR [dB]": psr_db}
            | {"pgd": rmse(old), "worst_air": rmse(new), "worst_air / pgd": rmse(new) / rmse(old)}
            | {"users better": np.mean(new > old), "worst_air p90": np.percentile(new, 90), "long / worst_air": ratio}
        )
        print(found[-1], file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Print one row per localizer and power."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--users", type=int, default=48)
    parser.add_argument("--fewer", type=int, default=32, help="users under the long attack")
    parser.add_argument("--models", nargs="+", default=["dcnn", "neural_ode"])
    parser.add_argument("--defences", nargs="+", default=["none", "adversarial"])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    files = sorted(arguments.results.glob("*/*/*/seed0/checkpoint.pt"), reverse=True)
    files = [file for file in files if file.parts[-4] in arguments.models and file.parts[-3] in arguments.defences]
    table = [row for file in files for row in rows(arguments.results, file, arguments.users, arguments.fewer)]
    print(pd.DataFrame(table).to_markdown(index=False, floatfmt=".3g"))


if __name__ == "__main__":
    main()
