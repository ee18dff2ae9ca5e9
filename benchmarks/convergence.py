"""Does `worst` move when an attack of many times its cost is added? Errors of a finished run's localizers.

For each localizer of one seed, at its scenario's reference epsilon, on evenly spaced test users: RMSE and median [m]
under the members of `worst`, with APGD in place of `directions` and as configured, the latter also with other random
starts (*again*), and under a reference: two attacks along eight directions and three of APGD with 100 steps, 1,676
gradients for each user in all. Each user's largest error counts; the reference includes the members.

    snakemake && python benchmarks/convergence.py results --users 64
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from robustloc.attacks import apgd, directions, gradient, square
from robustloc.attacks.parts.budget import bounded
from robustloc.attacks.parts.losses import SquaredError
from robustloc.data.dataset import Manifest
from robustloc.localizer.checkpoint import load
from robustloc.robustness.crafting import batches
from robustloc.robustness.folding import folded

EPSILONS = {"outdoor": 0.03, "indoor": 0.003}  # the reference epsilons of config.yaml
AT_ONCE = 64
# seed of the other random starts
AGAIN = 100
BEST = {"random_start": True, "keep_best": True}
MEMBERS = {
    "pgd": partial(gradient.perturb, steps=10, step=2.5, **BEST),
    "square": partial(square.perturb, queries=25),
    "apgd": partial(apgd.perturb, steps=30),
    "directions": directions.perturb,
}
REFERENCE = [partial(directions.perturb, directions=8, steps=60, last_steps=200)] * 2
REFERENCE += [partial(apgd.perturb, steps=100)] * 3


def errors(attack: Callable, network: nn.Module, x: Tensor, y: Tensor, eps: float, seed: int) -> np.ndarray:
    """Return the position error (N,) [m] of each user under an attack."""
    found, attack = [], bounded(attack, "linf", "attack")
    for part in batches(len(x), AT_ONCE):
        loss = SquaredError(network, y[part])
        generators = [torch.Generator().manual_seed(100_003 * seed + user) for user in range(len(x))[part]]
        moved = attack(loss, x[part], eps=eps, norm="linf", generators=generators, minimum=0.0)
        with torch.no_grad():
            found.append(loss(moved).sqrt())
    return torch.cat(found).numpy()


def row(folder: Path, checkpoint: Path, users: int) -> dict[str, object]:
    """Attack one localizer; return its row of the table."""
    scenario, model, defence = checkpoint.relative_to(folder).parts[:3]
    manifest = Manifest.read(folder / scenario / "manifest.json")
    some = manifest.subset(users)
    x, y = torch.from_numpy(manifest.inputs(some)), torch.tensor(some.position).float()
    network, eps = folded(load(checkpoint), x[:8]), EPSILONS[scenario]
    each, other = (
        {name: errors(attack, network, x, y, eps, seed) for name, attack in MEMBERS.items()} for seed in (0, AGAIN)
    )
    parts = {"apgd": (each, "apgd"), "worst": (each, "directions"), "again": (other, "directions")}
    found = {
        name: np.maximum.reduce([own[one] for one in ("pgd", "square", last)]) for name, (own, last) in parts.items()
    }
    further = [errors(attack, network, x, y, eps, 1 + seed) for seed, attack in enumerate(REFERENCE)]
    found["reference"] = np.maximum.reduce([*found.values(), *further])
    table = {"scenario": scenario, "model": model, "defence": defence}
    for what, value in {"RMSE": lambda error: np.sqrt(np.mean(error**2)), "median": np.median}.items():
        values = {name: value(error) for name, error in found.items()}
        table |= {f"{name} {what}": values[name] for name in ("worst", "reference")}
        table |= {f"{name} / reference, {what}": values[name] / values["reference"] for name in parts}
    return table | {"users gaining 2 %": np.mean(found["reference"] > 1.02 * found["worst"])}


def main() -> None:
    """Print one row per localizer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--users", type=int, default=64)
    parser.add_argument("--models", nargs="+", default=["dcnn", "neural_ode", "resnet", "wknn"])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    files = sorted(arguments.results.glob("*/*/*/seed0/checkpoint.pt"), reverse=True)
    rows = [row(arguments.results, file, arguments.users) for file in files if file.parts[-4] in arguments.models]
    print(pd.DataFrame(rows).to_markdown(index=False, floatfmt=".3g"))


if __name__ == "__main__":
    main()
