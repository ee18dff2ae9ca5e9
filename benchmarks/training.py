"""Training steps per second: this project against a bare loop and plain Lightning.

The benchmark trains on made-up users in four set-ups:

* robustloc: `robustloc.localizer.training.fit`. It draws no progress bar, because its output goes to a file.
* bare loop, the lower bound: PyTorch alone, with the same model, optimizer and schedule. Batches are gathered from one
  tensor as in robustloc; there is no validation.
* plain Lightning, as tutorials set it up: the same model, TensorDataset, DataLoader(shuffle=True) without workers,
  OneCycleLR by step, `self.log("train_loss", loss, prog_bar=True)` in each step, and the Trainer's defaults: progress
  bar (written to memory, which is cheaper than a terminal), CSV or TensorBoard log every 50 steps, checkpoint per
  epoch.
* plain Lightning with another implementation of the model: contiguous memory, ReLU before the pooling, the time
  concatenated as a channel. The benchmark checks that it is the same function of the same weights.

A step lasts from one forward pass to the next, in seconds of the processor, so start, validation and checkpoints do
not count. Set-ups are timed in turn, round after round; the median counts. The ratios at the end are the worst over
networks and sizes. `steps_vs_bare_loop` uses one thread. `steps_vs_plain_lightning` uses two cores and wall time: two
jobs with a thread each, as the workflow runs them, against one plain job with two threads.

    OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE python benchmarks/training.py
"""

import argparse
import contextlib
import copy
import io
import json
import logging
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytorch_lightning as lightning
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR
from torch.utils.data import DataLoader, TensorDataset

from robustloc.base import seeds
from robustloc.defences.parts.base import Defence, mean_distance
from robustloc.localizer import training
from robustloc.localizer.batches import Batches, Data
from robustloc.localizer.hyperparameters import Recipe
from robustloc.localizer.network import Localizer, build
from robustloc.models.parts.blocks import Field, TimeConvolution

MODELS, SIZES = ("dcnn", "neural_ode"), (32, 64)
USERS, BATCH, WARM = 2048, 64, 4  # users of an epoch, users of a batch, first steps that are not timed
RECIPE = Recipe(epochs=1, batch_size=BATCH, learning_rate=0.01, warmup=0.2, weight_decay=1e-4)
OURS, BARE, PLAIN, REWRITTEN = "robustloc", "bare loop", "plain Lightning", "plain Lightning, another implementation"


def made_up(name: str, size: int) -> tuple[Localizer, Data]:
    """Return an untrained localizer, and users, one batch of them for validation."""
    torch.manual_seed(0)
    x, y = torch.rand(USERS + BATCH, 1, size, size), 10 * torch.randn(USERS + BATCH, 3)
    model = build({"plugin": name, "parameters": {}}, (size, size), y)
    return model, Data(x[:USERS], y[:USERS], x[USERS:], y[USERS:])


def ours(model: nn.Module, data: Data, place: Path) -> None:
    """Train as the benchmark does, without a defence."""
    training.fit(model, data, Defence(), RECIPE, eps=0.0, seed=partial(seeds.seed, 0), folder=place)


def bare_loop(model: nn.Module, data: Data, place: Path) -> None:
    """Do what must be done, and nothing else."""
    batches = Batches(data.x, data.y, BATCH, torch.randperm(USERS))
    optimizer = RECIPE.optimizer(model.parameters())
    schedule = LambdaLR(optimizer, partial(RECIPE.rate, steps=len(batches)))
    for x, y in batches:
        optimizer.zero_grad()
        (mean_distance(model(x), y) / model.spread).backward()
        optimizer.step()
        schedule.step()


class Plain(lightning.LightningModule):
    """Training as in a tutorial."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def training_step(self, batch: list[Tensor], index: int) -> Tensor:
        """Return the loss, and log it."""
        return self._logged("train_loss", *batch)

    def validation_step(self, batch: list[Tensor], index: int) -> None:
        """Log the loss."""
        self._logged("val_loss", *batch)

    def configure_optimizers(self) -> tuple[list, list]:
        """AdamW, one cycle by steps."""
        optimizer = RECIPE.optimizer(self.parameters())
        schedule = OneCycleLR(optimizer, RECIPE.learning_rate, self.trainer.estimated_stepping_batches)
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]

    def _logged(self, name: str, x: Tensor, y: Tensor) -> Tensor:
        loss = mean_distance(self.model(x), y) / self.model.spread
        self.log(name, loss, prog_bar=True)
        return loss


def plain_lightning(model: nn.Module, data: Data, place: Path) -> None:
    """Train as in a tutorial."""
    users = DataLoader(TensorDataset(data.x, data.y), batch_size=BATCH, shuffle=True)
    validation = DataLoader(TensorDataset(data.validation_x, data.validation_y), batch_size=BATCH)
    trainer = lightning.Trainer(max_epochs=RECIPE.epochs, default_root_dir=place)
    trainer.fit(Plain(model), users, validation)


class Concatenated(nn.Module):
    """A convolution that is given the time as one more channel of each user."""

    def __init__(self, like: TimeConvolution):
        super().__init__()
        channels = len(like.time)
        self.convolution = nn.Conv2d(channels + 1, channels, 3, padding=1)
        self.convolution.weight.data = torch.cat([like.state.weight.data, like.time.data], dim=1)
        self.convolution.bias.data = like.state.bias.data.clone()

    def forward(self, t: Tensor, h: Tensor) -> Tensor:
        """Convolve."""
        return self.convolution(torch.cat([h, t.expand_as(h[:, :1])], dim=1))


def rewritten(model: nn.Module) -> nn.Module:
    """Return the same function as a tutorial would write it."""
    made = copy.deepcopy(model).to(memory_format=torch.contiguous_format)
    for part in list(made.modules()):
        if isinstance(part, Field):
            part.convolutions = nn.ModuleList(map(Concatenated, part.convolutions))
        elif isinstance(part, nn.Sequential) and isinstance(part[-1], nn.ReLU):
            part[2], part[3] = part[3], part[2]
    return made


def per_step(train: Callable, model: nn.Module, data: Data, clock: Callable[[], float] = time.process_time) -> float:
    """Train a copy of a model; return the seconds between two forward passes of the training."""
    ticks, model = [], copy.deepcopy(model)
    model.register_forward_pre_hook(lambda module, _: ticks.append(clock()) if module.training else None)
    silent = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    torch.use_deterministic_algorithms(False)  # what ours switches on stays on, and is not free
    with silent[0], silent[1], tempfile.TemporaryDirectory() as place:
        train(model, data, Path(place))
    if len(ticks) != USERS // BATCH:
        raise SystemExit(f"expected {USERS // BATCH} steps, counted {len(ticks)}")
    return (ticks[-1] - ticks[WARM]) / (len(ticks) - 1 - WARM)


def interleaved(runs: dict[str, Callable[[], float]], rounds: int) -> dict[str, np.ndarray]:
    """Call all runs in turn, round after round; return the values of each."""
    found = {key: [] for key in runs}
    for _ in range(rounds):
        for key, run in runs.items():
            found[key].append(run())
    return {key: np.array(values) for key, values in found.items()}


def training_steps(rounds: int) -> tuple[list[dict], float]:
    """Time the set-ups; return the rows of the table, and how many times as fast as the bare loop ours is."""
    rows, ratios = [], []
    for name in MODELS:
        for size in SIZES:
            model, data = made_up(name, size)
            tutorial = rewritten(model)
            torch.testing.assert_close(tutorial(data.validation_x), model(data.validation_x), rtol=1e-4, atol=1e-3)
            each = {OURS: (ours, model), BARE: (bare_loop, model), PLAIN: (plain_lightning, model)}
            each |= {REWRITTEN: (plain_lightning, tutorial)}
            taken = interleaved({key: partial(per_step, *pair, data) for key, pair in each.items()}, rounds)
            for key, times in taken.items():
                seconds, ratio = np.median(times), np.median(times / taken[OURS])  # round by round, as they are alike
                row = {"network": name, "inputs": f"{size} x {size}", "set-up": key, "ms/step": f"{1e3 * seconds:.2f}"}
                rows.append(row | {"steps/s": f"{1 / seconds:.1f}", "time over ours": f"{ratio:.2f}"})
                ratios += [float(ratio)] * (key == BARE)
    return rows, min(ratios)


def job(train: Callable, name: str, threads: int) -> float:
    """Steps per second of the wall clock, in a process of its own."""
    quiet()
    torch.set_num_threads(threads)
    return 1 / per_step(train, *made_up(name, 32), time.perf_counter)


def two_cores(rounds: int) -> tuple[list[dict], float]:
    """Two jobs of a thread each, as the workflow runs them, against one of two as torch would: rows, and the ratio."""

    def steps(train: Callable, name: str, jobs: int, threads: int, environment: dict[str, str]) -> float:
        os.environ.pop("OMP_WAIT_POLICY", None)
        os.environ.update({"OMP_NUM_THREADS": str(threads)} | environment)
        with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
            return sum(pool.map(job, [train] * jobs, [name] * jobs, [threads] * jobs))

    asleep, rows, ratios = {"OMP_WAIT_POLICY": "PASSIVE"}, [], []
    for name in MODELS:
        each = {
            f"{OURS}, two jobs of a thread each": (ours, name, 2, 1, asleep),
            f"{PLAIN}, one job of two threads": (plain_lightning, name, 1, 2, {}),
            f"{PLAIN}, two jobs of a thread each": (plain_lightning, name, 2, 1, asleep),
        }
        runs = {key: partial(steps, *case) for key, case in each.items()}
        found = {key: float(np.median(rates)) for key, rates in interleaved(runs, rounds).items()}
        rows += [{"network": name, "what": key, "steps/s in all": f"{rate:.1f}"} for key, rate in found.items()]
        ours_rate, plain_rate, _ = found.values()
        ratios.append(ours_rate / plain_rate)
    return rows, min(ratios)


def main() -> None:
    """Print the tables, and with --json the ratios on the last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true", help="end with one JSON object of the ratios")
    arguments = parser.parse_args()
    quiet()
    torch.set_num_threads(1)
    rows, loop = training_steps(arguments.rounds)
    show(rows)
    rows, plain = two_cores(min(arguments.rounds, 5))
    show(rows)
    found = {"steps_vs_bare_loop": loop, "steps_vs_plain_lightning": plain}
    for name, ratio in found.items():
        print(f"{name.replace('_', ' ')}: {ratio:.2f} times as fast")
    if arguments.json:
        print(json.dumps({name: round(ratio, 2) for name, ratio in found.items()}))


def quiet() -> None:
    """Silence what Lightning says of every training."""
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")


def show(rows: list[dict]) -> None:
    """Print a table."""
    print(pd.DataFrame(rows).fillna("").to_markdown(index=False, disable_numparse=True), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
