"""How profiles lie on disk: size, time to write and to read, and error of each way, on users of a scenario.

    python benchmarks/storage.py results/outdoor/raw          # any scenario folder; the first base station is taken

With --results, the RMSE of every localizer of a finished run is measured on test users rounded as each way rounds
them, without attack and under pgd_linf, and the largest change is told.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from torch import nn

from robustloc.base import plugins
from robustloc.data import folder, profile
from robustloc.data.channel import Channel
from robustloc.data.dataset import ROW_GROUP, Manifest
from robustloc.data.paths import Paths
from robustloc.data.positions import position_error
from robustloc.data.transform import CONVENTIONS
from robustloc.localizer.checkpoint import load
from robustloc.report.statistics import summary
from robustloc.robustness.crafting import craft

STREET_USERS = 199_100  # rows R1 to R1100
PGD = {"plugin": "gradient", "norm": "linf"} | {
    "parameters": {"steps": 10, "step": 2.5, "random_start": True, "keep_best": True, "minimum": 0.0}
}


def halved(profiles: np.ndarray) -> np.ndarray:
    """Round to 16 bits, with the largest pixel brought to the upper end of their range by a power of two."""
    shift = 15 - np.frexp(profiles.max())[1]
    return np.ldexp(np.ldexp(profiles, shift).astype(np.float16).astype(np.float32), -shift)


WAYS = {
    "float32, zstd": (pa.float32(), {"compression": "zstd"}),
    "float32, byte stream split, zstd": (pa.float32(), {"compression": "zstd", "use_byte_stream_split": True}),
    "float32, lz4": (pa.float32(), {"compression": "lz4"}),
    "float32, zstd level -3": (pa.float32(), {"compression": "zstd", "compression_level": -3}),
    "float32, uncompressed": (pa.float32(), {"compression": "none"}),
    "float16, zstd": (pa.float16(), {"compression": "zstd"}),
    "float16, byte stream split, zstd": (pa.float16(), {"compression": "zstd", "use_byte_stream_split": True}),
    "float16, uncompressed": (pa.float16(), {"compression": "none"}),
}


def parquet(profiles: np.ndarray, kind: pa.DataType, options: dict, rounds: int) -> dict[str, float]:
    """Write and read profiles; best of some rounds."""
    shift = 15 - np.frexp(profiles.max())[1]
    writing, reading = [], []
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "shard.parquet")
        for _ in range(rounds):
            start = time.perf_counter()
            values = profiles if kind == pa.float32() else np.ldexp(profiles, shift).astype(np.float16)
            column = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), profiles[0].size)
            table = pa.table({"adp": column})
            pq.write_table(table, file, use_dictionary=False, row_group_size=ROW_GROUP, **options)
            writing.append(time.perf_counter() - start)
            start = time.perf_counter()
            read = pq.read_table(file)["adp"].combine_chunks().flatten().to_numpy().astype(np.float32)
            reading.append(time.perf_counter() - start)
        size = file.stat().st_size
    read = (read if kind == pa.float32() else np.ldexp(read, -shift)).reshape(profiles.shape)
    error = np.abs(read - profiles).max() / profiles.max()
    return {"bytes": size, "write": min(writing), "read": min(reading), "error": error}


def from_paths(paths: Paths, channel: Channel, rounds: int) -> dict[str, float]:
    """Store the paths and make the profiles when they are read."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        profile.from_paths(paths, channel, CONVENTIONS["paper"])
        times.append(time.perf_counter() - start)
    size = 4 * paths.count.sum() * 6  # gain (2), delay, zenith, azimuth, arrival
    return {"bytes": size, "write": 0.0, "read": min(times), "error": 0.0}


def largest_change(results: Path) -> float:
    """Largest relative change of any localizer's RMSE when its inputs are rounded to 16 bits, in per cent."""
    changes = []
    for file in sorted(results.glob("*/*/*/*/checkpoint.pt")):
        epsilons = [float(made.stem.removeprefix("eps")) for made in file.parent.glob("pgd_linf/*.parquet")]
        if epsilons:
            manifest, model = Manifest.read(file.parents[3] / "manifest.json"), load(file)
            for eps in (0.0, max(epsilons)):
                exact, rounded = (rmse(model, manifest, rounds, eps) for rounds in (lambda profiles: profiles, halved))
                changes.append(100 * abs(rounded - exact) / exact)
                print(f"{file.parent} epsilon {eps:g}: {exact:.6f} m, rounded {rounded:.6f} m, {changes[-1]:.4f} %")
    return max(changes)


def rmse(model: nn.Module, manifest: Manifest, rounds: Callable, eps: float) -> float:
    """Position RMSE of the test users, rounded, under pgd_linf (which at epsilon 0 is none)."""
    test = manifest.test()
    options = {"eps": eps, "norm": "linf", "scale": manifest.scale, "seeds": test.user.tolist(), "batch_size": 128}
    outcome = craft(model, rounds(test.adp), test.position, plugins.attack(PGD), **options)
    return summary(position_error(outcome.prediction, test.position))["rmse_m"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", type=Path, help="a DeepMIMO scenario folder")
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, help="of a finished run, for the effect on its errors")
    arguments = parser.parse_args()
    site = next(iter(folder.find_reader(arguments.scenario).base_stations(arguments.scenario)))
    paths = folder.read(arguments.scenario, site, share=0, shares=1)
    paths = paths[np.sort(np.random.default_rng(0).permutation(len(paths))[: arguments.users])]
    channel = Channel()
    profiles = profile.from_paths(paths, channel, CONVENTIONS["paper"])
    found = {name: parquet(profiles, *way, arguments.rounds) for name, way in WAYS.items()}
    found["paths, profiles made when read"] = from_paths(paths, channel, arguments.rounds)
    rows = [
        {
            "stored as": name,
            "kB/user": round(way["bytes"] / len(paths) / 1e3, 2),
            "GB for the whole street": round(way["bytes"] / len(paths) * STREET_USERS / 1e9, 2),
            "users/s written": round(len(paths) / way["write"]) if way["write"] else "",
            "users/s read": round(len(paths) / way["read"]),
            "largest error / peak": f"{way['error']:.1e}",
        }
        for name, way in found.items()
    ]
    print(pd.DataFrame(rows).to_markdown(index=False))
    if arguments.results:
        print(f"rounded to 16 bits, an RMSE changes by at most {largest_change(arguments.results):.4f} %")


if __name__ == "__main__":
    main()
