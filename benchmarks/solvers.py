"""Gradients of the neural ODE's block by solver: time, and how far the estimates of a trained network move.

The gradient is one forward and backward pass of a batch, by weights and state, weights the same for all solvers, in
seconds of the processor; on random states under fresh weights, and on those of a network trained on the embedded room.
Exchanging that network's solver moves the estimates of its held-out users: by how much [cm], from those under
torchdiffeq's dopri5 with its default tolerances. Those (relative 1e-7, absolute 1e-9) are below what float32 resolves,
so the ratio to them says little by itself; the one to 1e-3 is beside it. Solvers are timed in turn, round after round;
medians.

    OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE python benchmarks/solvers.py
"""

import argparse
import contextlib
import io
import tempfile
import time
from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torchdiffeq import odeint, odeint_adjoint

from robustloc.base import seeds
from robustloc.data import deepmimo_writer, folder, transform
from robustloc.data.channel import Channel, matrix
from robustloc.data.scenes import room
from robustloc.data.scenes.parts import tracing
from robustloc.defences.parts.base import Defence
from robustloc.localizer import training
from robustloc.localizer.batches import Data
from robustloc.localizer.hyperparameters import Recipe
from robustloc.localizer.network import build
from robustloc.models import neural_ode
from robustloc.models.parts.blocks import Field

try:
    import torchode
except ModuleNotFoundError:
    torchode = None

BATCH = 64
SLOW = 5.0  # what takes more seconds is measured once
RECIPE = Recipe(epochs=10, batch_size=BATCH, learning_rate=0.01, warmup=0.2, weight_decay=1e-4)
DEFAULT, REFERENCE = "ours: rk4, 2 steps (default)", "torchdiffeq dopri5, its defaults (1e-7, 1e-9)"
Solver = Callable[[nn.Module, Tensor], Tensor]
Case = tuple[Field, Tensor]


def interleaved(runs: dict[Hashable, Callable[[], float]], rounds: int) -> dict[Hashable, np.ndarray]:
    """Call all in turn, round after round; return the seconds that each one answers."""
    times = {key: [] for key in runs}
    for _ in range(rounds):
        for key, run in runs.items():
            if not times[key] or times[key][0] < SLOW:
                times[key].append(run())
    return {key: np.array(taken) for key, taken in times.items()}


def medians(runs: dict[Hashable, Callable[[], float]], rounds: int) -> dict[Hashable, float]:
    """Call all in turn; return the median of each one's seconds."""
    return {key: float(np.median(taken)) for key, taken in interleaved(runs, rounds).items()}


def embedded_room() -> tuple[Data, float]:
    """Trace the room; return training users and, as validation users, held-out ones between them."""
    scene = room.scene()
    users, site = scene.users[::6, ::3].reshape(-1, 3), np.array(scene.base_stations["BS1"])
    found = tracing.arrays(room.find(site, users, scene.carrier_hz, 2), users, site, scene.carrier_hz, 25)
    with tempfile.TemporaryDirectory() as place:
        files = {name: Path(place, file) for name, file in deepmimo_writer.file_names().items()}
        deepmimo_writer.write(files, found, name="BS1", carrier_hz=scene.carrier_hz, max_reflections=2)
        paths = folder.read(Path(place), "BS1")
    channels = matrix(paths, Channel(antennas=32, subcarriers=32, bandwidth_hz=5e8))
    profiles = transform.from_matrix(channels, transform.CONVENTIONS["paper"])
    x = torch.tensor(profiles / profiles.max(), dtype=torch.float32).unsqueeze(1)
    y = torch.tensor(paths.position, dtype=torch.float32)
    held_out = torch.arange(len(y)) % 7 == 3
    return Data(x[~held_out], y[~held_out], x[held_out], y[held_out])


def trained() -> tuple[nn.Module, Tensor]:
    """Train the default neural ODE on the room, as the experiment does; return it and the held-out users."""
    data = embedded_room()
    torch.manual_seed(0)
    model = build({"plugin": "neural_ode", "parameters": {}}, (32, 32), data.y)
    silent = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with tempfile.TemporaryDirectory() as place, silent[0], silent[1]:
        history = training.fit(model, data, Defence(), RECIPE, eps=0.0, seed=partial(seeds.seed, 0), folder=Path(place))
    print(f"neural_ode on the room, {len(data.x)} users: RMSE {100 * history[-1]['validation_rmse_m']:.1f} cm")
    return model, data.validation_x


def solvers() -> dict[str, Solver]:
    """Ways from a state at t = 0 to that at t = 1."""

    def peer(solve: Callable, field: nn.Module, h: Tensor, **tolerances: float) -> Tensor:
        return solve(field, h, torch.tensor([0.0, 1.0]), method="dopri5", **tolerances)[-1]

    def torchode_dopri5(field: nn.Module, h: Tensor) -> Tensor:
        term = torchode.ODETerm(lambda t, y: field(t.view(-1, 1, 1, 1), y.view_as(h)).flatten(1))
        control = torchode.IntegralController(1e-3, 1e-3, term=term)
        problem = torchode.InitialValueProblem(y0=h.flatten(1), t_eval=torch.tensor([[0.0, 1.0]]).expand(len(h), 2))
        found = torchode.AutoDiffAdjoint(torchode.Dopri5(term=term), control).solve(problem)
        return found.ys[:, -1].view_as(h)

    loose = {"rtol": 1e-3, "atol": 1e-3}
    made = {DEFAULT: {}, "ours: rk4, 4 steps": {"steps": 4}, "ours: dopri5 per user, 1e-3": {"solver": "dopri5"}}
    made = {name: neural_ode.build((1, 32, 32), **options).blocks[0].solve for name, options in made.items()}
    made |= {REFERENCE: partial(peer, odeint), "torchdiffeq dopri5, 1e-3": partial(peer, odeint, **loose)}
    made |= {"torchdiffeq dopri5 adjoint, its defaults": partial(peer, odeint_adjoint)}
    made |= {"torchdiffeq dopri5 adjoint, 1e-3": partial(peer, odeint_adjoint, **loose)}
    return made | ({"torchode dopri5, 1e-3": torchode_dopri5} if torchode else {})


def gradient(solve: Solver, field: Field, h: Tensor, row: dict, case: str) -> float:
    """Seconds of the processor for one forward and backward pass; its evaluations of the field go to the row."""
    calls = []
    with field.register_forward_hook(lambda *_: calls.append(None)):
        start = time.process_time()
        solve(field, h.requires_grad_()).square().mean().backward()
        taken = time.process_time() - start
    row[f"evaluations, {case}"] = len(calls)
    return taken


def cases(model: nn.Module, x: Tensor) -> dict[str, Case]:
    """Return fields and states of two sizes under fresh weights, and those of a trained network."""
    torch.manual_seed(0)
    made = {f"32 x {side} x {side}": (Field((32, side, side)), torch.rand(BATCH, 32, side, side)) for side in (4, 8)}
    with torch.no_grad():
        states = model.network.stem(x[:BATCH]).contiguous()
    return made | {"32 x 4 x 4, trained": (model.network.blocks[0].field, states)}


def estimates(model: nn.Module, solve: Solver, x: Tensor) -> Tensor:
    """Return the estimates of users under another solver."""
    model.network.blocks[0].solve = solve
    with torch.no_grad():
        return torch.cat([model(part) for part in x.split(BATCH)])


def compare(rounds: int) -> tuple[list[dict], float]:
    """Return the rows of the table, and how many times as fast as the reference the default solver is, at worst."""
    model, x = trained()
    states, ways = cases(model, x), solvers()
    rows = {name: {"solver": name} for name in ways}
    worst = []
    for case, (field, h) in states.items():
        runs = {name: partial(gradient, solve, field, h, rows[name], case) for name, solve in ways.items()}
        taken = medians(runs, rounds)
        for name, seconds in taken.items():
            rows[name][f"ms, {case}"] = f"{1e3 * seconds:.1f} ({seconds / taken[DEFAULT]:.1f}x)"
        worst.append(taken[REFERENCE] / taken[DEFAULT])
    reference = estimates(model, ways[REFERENCE], x)
    for name, solve in ways.items():
        apart = 100 * torch.linalg.vector_norm(estimates(model, solve, x) - reference, dim=1)
        rows[name] |= {"estimates apart [cm]: median": f"{apart.median():.3f}", "largest": f"{apart.max():.2f}"}
    missing = [] if torchode else [{"solver": "torchode dopri5, 1e-3: not installed"}]
    return [*rows.values(), *missing], min(worst)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows, ratio = compare(arguments.rounds)
    print(pd.DataFrame(rows).fillna("").to_markdown(index=False, disable_numparse=True))
    print(f"the default solver's gradient: {ratio:.1f} times as fast as torchdiffeq's dopri5")


if __name__ == "__main__":
    main()
