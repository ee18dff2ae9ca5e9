"""Position error against gradients per user: this project's attacks, its peers', and AutoAttack's schedule.

All attack the localizers of a finished run on the same evenly spaced test users, at the reference epsilon (linf) and
with inputs of at least 0. Each keeps the best point of each user that it has evaluated within its budget, which foolbox
and ART do not do by themselves. An evaluation of the network counts as one gradient, also without a gradient (Square).

* PGD: 100 steps of 2.5 epsilon / 100 from random starts, five times. APGD: 100 steps, six times.
* AutoAttack's schedule (Croce & Hein 2020), whose losses need classes: APGD-100 on the squared error takes the place of
  APGD-CE, and APGD-100 on the displacement along nine directions, 40 degrees apart, that of the nine targets of APGD-T.
  FAB has no counterpart, and Square's 5,000 queries are left out.
* foolbox: `LinfPGD` with its defaults (40 steps of epsilon / 30 from a random start), twelve times. ART:
  `ProjectedGradientDescent` with its step of epsilon / 3, 500 steps; it refuses random starts for regressors. Both get
  the summed squared error as their loss.
* worst: the members of the default configuration. directions: its strongest member alone.

The reference is the largest error of each user under all of these and the 1,676 gradients of benchmarks/convergence.py.

    pip install -e '.[test]' && snakemake && python benchmarks/attacks.py results --scenarios outdoor
"""

import argparse
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from convergence import EPSILONS, MEMBERS, REFERENCE, errors
from torch import Tensor, nn

from robustloc.attacks import apgd, gradient
from robustloc.attacks.parts.losses import SquaredError
from robustloc.attacks.parts.steps import size
from robustloc.data.dataset import Manifest
from robustloc.localizer.checkpoint import load
from robustloc.robustness.folding import folded

OURS = ("worst", "directions")
AIMS = 9
SHARES = (0.9, 0.95)
AFTER = (50, 100, 167, 277, 500)


class Watched(nn.Module):
    """A network that notes how large the errors have become after each of its evaluations.

    Args:
        network: inputs (N, …) -> positions (N, 3) [m].
        x, y: inputs and true positions of the N users under attack.
        eps: budget (linf).
    """

    def __init__(self, network: nn.Module, x: Tensor, y: Tensor, eps: float):
        super().__init__()
        self.network, self.x, self.y, self.eps = network, x, y, eps
        self.largest, self.curve = torch.zeros(len(x)), []

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions (N, 3) [m]."""
        found = self.network(x)
        self.note(x.detach(), found.detach())
        self.curve.append(float(self.largest.square().mean().sqrt()))
        return found

    def note(self, x: Tensor, found: Tensor) -> None:
        """Take the errors of the points that are within the budget."""
        inside = (size(x - self.x, "linf") <= self.eps * (1 + 1e-4)).flatten() & (x.flatten(1).amin(dim=1) >= 0)
        error = torch.linalg.vector_norm(found - self.y, dim=1)
        self.largest = torch.where(inside, torch.maximum(self.largest, error), self.largest)


def ours(*attacks: Callable, watched: Watched) -> None:
    """Run attacks of this project one after the other, each from its own random numbers."""
    loss = SquaredError(watched, watched.y)
    for number, attack in enumerate(attacks):
        generators = [torch.Generator().manual_seed(100_003 * number + user) for user in range(len(watched.x))]
        attack(loss, watched.x, eps=watched.eps, norm="linf", generators=generators, minimum=0.0)


def like_autoattack(watched: Watched) -> None:
    """Run APGD on the squared error and along directions."""
    ours(partial(apgd.perturb, steps=100), watched=watched)
    loss = SquaredError(watched, watched.y)
    for aim in range(AIMS):
        angle = 2 * math.pi * aim / AIMS
        toward = torch.tensor([math.cos(angle), math.sin(angle), 0.0])
        generators = [torch.Generator().manual_seed(100_003 * (1 + aim) + user) for user in range(len(watched.x))]
        along = lambda x, toward=toward: loss.displacement(x) @ toward  # noqa: E731
        apgd.perturb(along, watched.x, eps=watched.eps, norm="linf", generators=generators, steps=100, minimum=0.0)


def with_foolbox(watched: Watched, restarts: int = 12) -> None:
    """Run the PGD of foolbox, its classification loss replaced."""
    import eagerpy
    from foolbox import PyTorchModel, attacks, criteria

    torch.manual_seed(0)
    wrapped = PyTorchModel(watched, bounds=(0, 10), device="cpu")
    labels = criteria.Misclassification(torch.zeros(len(watched.x), dtype=torch.long))  # it insists on some
    attack = attacks.LinfPGD()
    attack.get_loss_fn = lambda *_: lambda point: eagerpy.astensor(((watched(point.raw) - watched.y) ** 2).sum())
    for _ in range(restarts):
        found = attack.run(wrapped, watched.x, labels, epsilon=watched.eps)
        watched.note(found, watched.network(found).detach())


class SummedSquares(nn.Module):
    """Squared error as ART calls it: with the estimates flattened, the positions not."""

    def forward(self, estimates: Tensor, positions: Tensor) -> Tensor:
        """Return the sum over all users."""
        return ((estimates.view_as(positions) - positions) ** 2).sum()


def with_art(watched: Watched, steps: int = 500) -> None:
    """Run the PGD of ART in one batch."""
    from art.attacks.evasion import ProjectedGradientDescent
    from art.estimators.regression.pytorch import PyTorchRegressor

    shape = tuple(watched.x.shape[1:])
    wrapped = PyTorchRegressor(watched, SummedSquares(), input_shape=shape, clip_values=(0.0, 10.0), device_type="cpu")
    options = {"eps": watched.eps, "eps_step": watched.eps / 3, "max_iter": steps, "batch_size": len(watched.x)}
    found = ProjectedGradientDescent(wrapped, verbose=False, **options).generate(watched.x.numpy(), watched.y.numpy())
    found = torch.from_numpy(found)
    watched.note(found, watched.network(found).detach())


BEST = {"random_start": True, "keep_best": True}
ATTACKS = {
    "PGD": partial(ours, partial(gradient.perturb, steps=100, step=2.5, restarts=5, **BEST)),
    "APGD": partial(ours, partial(apgd.perturb, steps=100, restarts=6)),
    "AutoAttack's schedule": like_autoattack,
    "foolbox PGD": with_foolbox,
    "ART PGD": with_art,
    "worst": partial(ours, *(MEMBERS[name] for name in ("pgd", "directions", "square"))),
    "directions": partial(ours, MEMBERS["directions"]),
}


def compare(folder: Path, checkpoint: Path, users: int) -> list[dict[str, object]]:
    """Attack one localizer; return one row of the table per attack."""
    scenario, model, defence = checkpoint.relative_to(folder).parts[:3]
    manifest, eps = Manifest.read(folder / scenario / "manifest.json"), EPSILONS[scenario]
    some = manifest.subset(users)
    x, y = torch.from_numpy(manifest.inputs(some)), torch.tensor(some.position).float()
    network, runs = folded(load(checkpoint), x[:8]), {}
    for name, attack in ATTACKS.items():
        runs[name] = Watched(network, x, y, eps).eval()
        attack(watched=runs[name])
    further = [errors(attack, network, x, y, eps, 1 + seed) for seed, attack in enumerate(REFERENCE)]
    reference = np.maximum.reduce([*further, *(run.largest.numpy() for run in runs.values())])
    rmse = float(np.sqrt(np.mean(reference**2)))
    rows = []
    for name, run in runs.items():
        shares = np.array(run.curve) / rmse
        row = {"localizer": f"{scenario} {model}, {defence}", "reference [m]": rmse, "attack": name}
        row |= {"gradients": len(shares), "share at the end": float(run.largest.square().mean().sqrt()) / rmse}
        row |= {"median's share": float(run.largest.median()) / float(np.median(reference))}
        row |= {f"after {count}": shares[count - 1] if count <= len(shares) else math.nan for count in AFTER}
        rows.append(row | {f"gradients to {share}": first(shares, share) for share in SHARES})
    return rows


def first(shares: np.ndarray, share: float) -> float:
    """Return after how many gradients a share of the reference is reached; infinite if it never is."""
    return int(np.argmax(shares >= share)) + 1 if (shares >= share).any() else math.inf


def main() -> None:
    """Print the table, and for each localizer how ours compares with the best peer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--users", type=int, default=64)
    parser.add_argument("--scenarios", nargs="+", default=["outdoor", "indoor"])
    parser.add_argument("--models", nargs="+", default=["dcnn", "neural_ode"])
    parser.add_argument("--defences", nargs="+", default=["none", "adversarial"])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for file in sorted(arguments.results.glob("*/*/*/seed0/checkpoint.pt")):
        scenario, model, defence = file.relative_to(arguments.results).parts[:3]
        if scenario in arguments.scenarios and model in arguments.models and defence in arguments.defences:
            rows += compare(arguments.results, file, arguments.users)
    print(pd.DataFrame(rows).to_markdown(index=False, floatfmt=".3g"))
    for name, some in pd.DataFrame(rows).groupby("localizer", sort=False):
        needed = some.set_index("attack")[f"gradients to {SHARES[-1]}"]
        mine, peer = needed[list(OURS)].min(), needed.drop(list(OURS))
        best = f"{peer.idxmin()} after {peer.min():g}" if math.isfinite(peer.min()) else "none of the peers"
        print(f"{name}: {SHARES[-1]} of the reference after {mine:g} gradients, {best}")


if __name__ == "__main__":
    main()
