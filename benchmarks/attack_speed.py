"""Adversarial examples per second of one core: this project, foolbox and ART on the same networks and batch.

The networks take 64 x 64 inputs and reach the peers as users hand them over: in eval mode, weights requiring gradients
(--frozen: without, which spares the peers work that this project never does). Neither peer attacks an estimate of
three numbers by itself; both get the summed squared error as their loss. The engines are timed in turn, round after
round, so that other load on the machine meets all of them alike; the median counts. An example counts once per epsilon.

PGD is norm linf, steps of 2.5 epsilon / N, from the clean input, last iterate. MIM accumulates gradients normalised in
L1 (Dong et al., CVPR 2018), steps of epsilon / N. Foolbox accumulates signs instead: its MIM costs as much but is
another attack, and its points lie apart. For the rest, pixels are apart where a gradient is zero but for rounding, so
that its sign is chance; the position error says whether that matters.

    pip install -e '.[test]' && python benchmarks/attack_speed.py
"""

import argparse
import json
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from robustloc.attacks import gradient
from robustloc.attacks.parts import losses
from robustloc.localizer.network import build
from robustloc.robustness import folding

MODELS = {"dcnn": {}, "neural_ode": {"blocks": 1, "solver": "rk4", "steps": 2}}
SHAPE = (64, 64)
STEPS = 10
PGD, MIM, FGSM, FGM = f"PGD-{STEPS}", f"MIM-{STEPS}", "FGSM", "FGM"
SWEEP = [0.01, 0.02, 0.03, 0.04, 0.05]
EPSILONS = {PGD: [0.03], MIM: [0.03], FGSM: SWEEP, FGM: SWEEP}
ANOTHER_ATTACK = {("foolbox", MIM)}

Runs = dict[str, Callable[[], list]]  # attack -> a call that returns its adversarial inputs, one batch per epsilon


def made_up(name: str, count: int) -> tuple[nn.Module, Tensor, Tensor]:
    """Return a network with random weights and plausible statistics, inputs, and true positions."""
    torch.manual_seed(0)
    model = build(
        {"plugin": name, "parameters": MODELS[name]}, SHAPE, torch.tensor([[-100.0, 0.0, 0.0], [100.0, 0.0, 0.0]])
    )
    with torch.no_grad():
        for _ in range(30):
            model.train()(torch.rand(64, 1, *SHAPE))
    return model.eval(), torch.rand(count, 1, *SHAPE), 100 * torch.randn(count, 3)


def with_robustloc(model: nn.Module, x: Tensor, y: Tensor) -> Runs:
    """Attack with this project, on the folded network, which is made and compared with the original each time."""

    def craft(name: str, norm: str = "linf", **options: float) -> list[Tensor]:
        loss = losses.SquaredError(folding.folded(model, x[:8]), y)
        return [gradient.perturb(loss, x, eps=eps, norm=norm, **options) for eps in EPSILONS[name]]

    return {
        PGD: lambda: craft(PGD, steps=STEPS, step=2.5),
        MIM: lambda: craft(MIM, steps=STEPS, momentum=1.0),
        FGSM: lambda: craft(FGSM, steps=1),
        FGM: lambda: craft(FGM, "l2", steps=1),
    }


def with_foolbox(model: nn.Module, x: Tensor, y: Tensor) -> Runs:
    """Attack with foolbox, its classification loss replaced."""
    import eagerpy
    from foolbox import PyTorchModel, attacks, criteria

    wrapped = PyTorchModel(model, bounds=(-10, 10), device="cpu")
    labels = criteria.Misclassification(torch.zeros(len(x), dtype=torch.long))  # it insists on some
    each = {
        PGD: attacks.LinfPGD(rel_stepsize=2.5 / STEPS, steps=STEPS, random_start=False),
        MIM: attacks.LinfMomentumIterativeFastGradientMethod(rel_stepsize=1 / STEPS, steps=STEPS),
        FGSM: attacks.LinfFastGradientAttack(),
        FGM: attacks.L2FastGradientAttack(),
    }

    def run(name: str) -> list[Tensor]:
        each[name].get_loss_fn = lambda *_: lambda point: eagerpy.astensor(((model(point.raw) - y) ** 2).sum())
        return [each[name].run(wrapped, x, labels, epsilon=eps) for eps in EPSILONS[name]]

    return {name: partial(run, name) for name in each}


class SummedSquares(nn.Module):
    """Squared error as ART calls it: with the estimates flattened, the positions not."""

    def forward(self, estimates: Tensor, positions: Tensor) -> Tensor:
        """Return the sum over all users."""
        return ((estimates.view_as(positions) - positions) ** 2).sum()


def with_art(model: nn.Module, x: Tensor, y: Tensor) -> Runs:
    """Attack with ART, in one batch as everybody else; its default of 32 would break its momentum."""
    from art.attacks.evasion import FastGradientMethod, MomentumIterativeMethod, ProjectedGradientDescent
    from art.estimators.regression.pytorch import PyTorchRegressor

    wrapped = PyTorchRegressor(model, SummedSquares(), input_shape=tuple(x.shape[1:]), device_type="cpu")
    inputs, positions = x.numpy(), y.numpy()
    whole = {"batch_size": len(x)}
    iterated = {"norm": np.inf, "max_iter": STEPS, "verbose": False} | whole
    each = {
        PGD: lambda eps: ProjectedGradientDescent(wrapped, eps=eps, eps_step=2.5 * eps / STEPS, **iterated),
        MIM: lambda eps: MomentumIterativeMethod(wrapped, eps=eps, eps_step=eps / STEPS, decay=1.0, **iterated),
        FGSM: lambda eps: FastGradientMethod(wrapped, eps=eps, norm=np.inf, **whole),
        FGM: lambda eps: FastGradientMethod(wrapped, eps=eps, norm=2, **whole),
    }

    def run(name: str) -> list[np.ndarray]:
        return [each[name](eps).generate(inputs, positions) for eps in EPSILONS[name]]

    return {name: partial(run, name) for name in each}


def seconds(run: Callable[[], object]) -> float:
    """Time one call in seconds of the processor, as one thread alone on it would need."""
    start = time.process_time()
    run()
    return time.process_time() - start


def compare(name: str, count: int, rounds: int, frozen: bool) -> tuple[list[dict], dict[tuple[str, str], float]]:
    """Time the attacks on one network; return the rows of the table, and the seconds of (engine, attack)."""
    model, x, y = made_up(name, count)
    model.requires_grad_(not frozen)
    engines = {"robustloc": with_robustloc, "foolbox": with_foolbox, "ART": with_art}
    runs = {engine: attacks(model, x, y) for engine, attacks in engines.items()}
    keys = [(engine, attack) for attack in EPSILONS for engine in engines]
    # each one's first call, which is not timed
    points = {(e, a): torch.cat([torch.as_tensor(p) for p in runs[e][a]()]) for e, a in keys}
    times = {key: [] for key in keys}
    for _ in range(rounds):
        for (engine, attack), taken in times.items():
            taken.append(seconds(runs[engine][attack]))
    rows, medians = [], {key: float(np.median(taken)) for key, taken in times.items()}
    for engine, attack in keys:
        found = points[engine, attack]
        row = {"network": name, "attack": attack, "epsilons": len(EPSILONS[attack]), "engine": engine}
        row |= {"examples/s": round(len(found) / medians[engine, attack])}
        same = (engine, attack) not in ANOTHER_ATTACK
        rows.append(row | agreement(model, y, found, points["robustloc", attack], same))
    return rows, medians


def agreement(model: nn.Module, y: Tensor, points: Tensor, reference: Tensor, same: bool) -> dict[str, str]:
    """Tell how far adversarial inputs are from the reference's, and how far they move the estimates.

    Raises:
        SystemExit: the position errors of what should be the same attack differ.
    """
    positions = y.repeat(len(points) // len(y), 1)
    with torch.no_grad():
        error, expected = (float((model(p) - positions).square().sum(1).mean().sqrt()) for p in (points, reference))
    if same and abs(error / expected - 1) > 1e-3:
        raise SystemExit(f"this is not the same attack: position errors of {error:.2f} and {expected:.2f} m")
    apart = (points - reference).abs()
    share = f"{(apart > 1e-6).double().mean():.3%}" + ("" if same else " (another attack)")
    return {"largest difference": f"{apart.max():.1e}", "pixels apart": share, "RMSE [m]": f"{error:.2f}"}


def summary(taken: dict[tuple[str, str], float]) -> dict[str, float]:
    """Return how many times as fast as the peers this project is."""
    one_step = {engine: taken[engine, FGSM] + taken[engine, FGM] for engine, _ in taken}
    return {
        "pgd_dcnn_vs_fastest_peer": min(taken["foolbox", PGD], taken["ART", PGD]) / taken["robustloc", PGD],
        "pgd_dcnn_vs_art": taken["ART", PGD] / taken["robustloc", PGD],
        "one_step_vs_peer": min(one_step["foolbox"], one_step["ART"]) / one_step["robustloc"],
    }


def main() -> None:
    """Print the table, and with --json the ratios on the last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--frozen", action="store_true", help="let no weight require a gradient")
    parser.add_argument("--json", action="store_true", help="end with one JSON object of the ratios on dcnn")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows, taken = [], {}
    try:
        for name in MODELS:
            found, taken[name] = compare(name, arguments.batch, arguments.rounds, arguments.frozen)
            rows += found
    except ModuleNotFoundError as error:
        raise SystemExit(f"{error}: pip install -e '.[test]'") from error
    print(pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True))
    ratios = summary(taken["dcnn"])
    for name, ratio in ratios.items():
        print(f"{name.replace('_', ' ')}: {ratio:.2f} times as fast")
    if arguments.json:
        print(json.dumps({name: round(ratio, 2) for name, ratio in ratios.items()}))


if __name__ == "__main__":
    main()
