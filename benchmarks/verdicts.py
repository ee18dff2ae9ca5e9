"""Does the verdict tell honest localizers from masked ones? Words for the localizers of finished runs, and for plants.

A plant rounds the input of some users and adds a tiny slope, which is locally correct and useless. So gradients of
these users mislead, while the estimates hardly change. One row per localizer and share of such users; share 0 is
honest. `hidden` is the share of users whom an attack through the network without the plant hurts more than gradients.

    snakemake && python benchmarks/verdicts.py results
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import yaml
from convergence import EPSILONS
from torch import Tensor, nn

from robustloc.attacks import directions
from robustloc.attacks.parts.losses import SquaredError
from robustloc.data.dataset import Manifest
from robustloc.localizer.checkpoint import load
from robustloc.robustness import transfer, verdict
from robustloc.robustness.convergence import hurt
from robustloc.robustness.examination import errors
from robustloc.robustness.own_network import examined

SCHEMA = Path(__file__).parent.parent / "config.schema.yaml"
SEED = 3


class Plant(nn.Module):
    """A network whose gradients mislead for the users whose estimate lies below a threshold in y.

    Args:
        inner: inputs (N, 1, angle bins, delay bins) -> estimates (N, 3) [m].
        threshold_m: of y [m].
        step: width of the rounding.
        shape: of one input.
    """

    def __init__(self, inner: nn.Module, threshold_m: float, step: float, shape: torch.Size):
        super().__init__()
        self.inner, self.threshold_m, self.step = inner, threshold_m, step
        order = torch.randperm(shape.numel(), generator=torch.Generator().manual_seed(SEED))
        self.register_buffer("order", order)

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions (N, 3) [m]."""
        with torch.no_grad():
            planted = (self.inner(x)[:, 1] < self.threshold_m).view(-1, 1, 1, 1)
        rounded = ((x / self.step).round() * self.step).detach() + 1e-4 * x.flatten(1)[:, self.order].view_as(x)
        return self.inner(torch.where(planted, rounded, x))


def rows(folder: Path, scenario: str, seed: str, users: int, shares: list[float], steps: list[float]) -> list[dict]:
    """Judge every localizer of a scenario and seed, and plants made of each."""
    files = sorted(folder.glob(f"{scenario}/*/*/{seed}/checkpoint.pt"))
    manifest, eps = Manifest.read(folder / scenario / "manifest.json"), EPSILONS[scenario]
    some = manifest.subset(users)
    x, position = torch.from_numpy(manifest.inputs(some)), torch.tensor(some.position).float()
    networks = {tuple(file.parts[-4:-2]): load(file) for file in files if file.parts[-4] != "constant"}
    described = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["properties"]["verdict"]["properties"]["limits"]
    limits = {name: limit["default"] for name, limit in described["properties"].items()}
    found = []
    for names, network in networks.items():
        cell = dict(zip(("scenario", "model", "defence", "seed"), (scenario, *names, seed), strict=True))
        for share in [0.0, *shares]:
            for step in steps if share else [0.0]:
                threshold = float(np.quantile(some.position[:, 1], share))
                planted = Plant(network, threshold, step * eps, x[0].shape).eval() if share else network
                others = transfer.strongest(networks | {names: planted}, x, position, some.user, eps, victims=[names])
                figures, most = examined(planted, x, position, eps)
                through = directions.perturb(SquaredError(network, position), x, eps=eps, norm="linf", minimum=0.0)
                hidden = hurt(errors(SquaredError(planted, position), through), most)
                examination = {"figures": figures, "epsilon": eps, "user": some.user, "gradients_m": most}
                table = verdict.table([cell], [examination], [others], [None], limits)
                failed = table[table.passed == "no"]
                reasons = "; ".join(f"{row.check} {row.figure:.3g}" for row in failed.itertuples())
                hurts = table[table.check.isin(["C3", "C4"])].set_index("what").figure
                found.append(cell | {"share": share, "step": step, "word": table.verdict.iloc[0], "failed": reasons})
                found[-1] |= {"hidden": hidden, "C8": figures["beyond_gradients"]}
                found[-1] |= {what.split()[4]: figure for what, figure in hurts.items()}
    return found


def main() -> None:
    """Print one row per localizer and share, and how many of each kind got which word."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--users", type=int, default=128)
    parser.add_argument("--shares", type=float, nargs="*", default=[0.1, 0.25, 0.5, 1.0])
    parser.add_argument("--steps", type=float, nargs="*", default=[1.0], help="width of the rounding [epsilons]")
    parser.add_argument("--scenarios", nargs="+", default=sorted(EPSILONS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    found = []
    for scenario in arguments.scenarios:
        for seed in sorted({file.parts[-2] for file in arguments.results.glob(f"{scenario}/*/*/*/checkpoint.pt")}):
            found += rows(arguments.results, scenario, seed, arguments.users, arguments.shares, arguments.steps)
    table = pd.DataFrame(found)
    print(table.to_markdown(index=False, floatfmt=".3g"))
    print(table.groupby(["share", "word"]).size().unstack(fill_value=0).to_markdown())


if __name__ == "__main__":
    main()
