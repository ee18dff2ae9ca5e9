"""Users per second of training steps by batch size and arithmetic: on the processor, and on a GPU if there is one.

A step is forward, backward and optimizer on made-up users of 32 x 32. On the processor: seconds of it, settings timed
in turn, round after round; medians. On the GPU: wall time, and the share of what the card reaches in a large matrix
product of the same arithmetic (float32 without TF32, as in training), by the step's floating point operations.

    OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE python benchmarks/batch_sizes.py
"""

import argparse
import time
from collections.abc import Callable
from functools import partial

import pandas as pd
import torch
from solvers import medians
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from robustloc.defences.parts.base import mean_distance
from robustloc.localizer.network import build

MODELS, SHAPE = ("dcnn", "neural_ode"), (32, 32)
SIZES, GPU_SIZES = (16, 32, 64, 128, 256, 512), (64, 256, 1024, 4096)
USERS = 1024  # per timing on the processor
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def network(name: str) -> nn.Module:
    """Return a network with random weights."""
    torch.manual_seed(0)
    return build({"plugin": name, "parameters": {}}, SHAPE, torch.randn(100, 3))


def stepping(model: nn.Module, batch: int, precision: torch.dtype) -> Callable[[], None]:
    """Return a training step on users made up on the model's device."""
    x, y = torch.rand(batch, 1, *SHAPE, device=model.spread.device), torch.randn(batch, 3, device=model.spread.device)
    optimizer = torch.optim.AdamW(model.parameters())

    def step() -> None:
        with torch.autocast(x.device.type, torch.bfloat16, enabled=precision == torch.bfloat16):
            loss = mean_distance(model(x), y) / model.spread
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def seconds(step: Callable[[], object], count: int) -> float:
    """Seconds of a call: of the processor, or of the wall clock where a GPU does the work."""
    clock = time.process_time
    if torch.cuda.is_available():
        clock = time.perf_counter
        torch.cuda.synchronize()
    start = clock()
    for _ in range(count):
        step()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return (clock() - start) / count


def compare(rounds: int, compiled: bool) -> list[dict]:
    """Time steps on the processor; return the rows of the table."""
    runs = {}
    for name in MODELS:
        for how in [*PRECISIONS, *["float32, compiled"] * compiled]:
            for batch in SIZES:
                model = network(name)
                if how not in PRECISIONS:
                    model.compile()
                step = stepping(model, batch, PRECISIONS.get(how, torch.float32))
                step()
                runs[name, how, batch] = partial(seconds, step, USERS // batch)
    rows = {key[:2]: {"network": key[0], "arithmetic": key[1]} for key in runs}
    for (*key, batch), taken in medians(runs, rounds).items():
        rows[tuple(key)][f"users/s, batch {batch}"] = f"{batch / taken:.0f}"
    return list(rows.values())


def on_gpu() -> list[dict]:
    """Time steps on the GPU; return the rows of the table."""
    rows = []
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    for how, precision in PRECISIONS.items():
        big = torch.rand(8192, 8192, device="cuda", dtype=precision)
        seconds(lambda big=big: big @ big, 3)
        limit = 2 * 8192**3 / seconds(lambda big=big: big @ big, 10)
        for name in MODELS:
            for batch in GPU_SIZES:
                step = stepping(network(name).cuda(), batch, precision)
                seconds(step, 10)
                with FlopCounterMode(display=False) as counter:
                    step()
                taken = seconds(step, 50)
                row = {"network": name, "arithmetic": how, "batch": batch, "users/s": f"{batch / taken:.0f}"}
                share = counter.get_total_flops() / taken / limit
                rows.append(row | {"TFLOP/s of the card": f"{limit / 1e12:.0f}", "share of it": f"{share:.2%}"})
    return rows


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--compile", action="store_true", help="time compiled steps, too; takes minutes")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    tables = [compare(arguments.rounds, arguments.compile)]
    if torch.cuda.is_available():
        tables.append(on_gpu())
    for rows in tables:
        print(pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True))


if __name__ == "__main__":
    main()
