"""Paths -> angle-delay profiles: users per second of this project and of DeepMIMO's generator followed by an FFT.

Both start from paths in memory and end with the same profiles (64 x 64; compared before anything is timed). Every
setting is timed in turn, round after round, so that other load on the machine meets all of them alike; the median
counts. The machine's own limits for writing the profiles and for the multiplications are beside them.

    pip install -e '.[bench]' && python benchmarks/adp.py
"""

import argparse
import contextlib
import io
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import deepmimo
import numba
import numpy as np
import pandas as pd
import scipy.fft
from threadpoolctl import threadpool_limits

from robustloc.data import deepmimo_writer, folder, profile
from robustloc.data.channel import Channel
from robustloc.data.transform import CONVENTIONS

CHANNEL, CONVENTION = Channel(antennas=64, subcarriers=64, bandwidth_hz=10e6), CONVENTIONS["paper"]
PATHS = {"11": 11, "25": 25}  # mean paths per user; the former Poisson, the latter all alike
CHUNK = 512  # users that the peer transforms at a time, as its own generator works in chunks


def make_scenario(place: Path, users: int, paths: int) -> None:
    """Write random paths as a DeepMIMO v4 scenario."""
    rng = np.random.default_rng(paths)
    count = np.full(users, 25) if paths == 25 else rng.poisson(paths, users).clip(1, 25)
    present = np.arange(25) < count[:, None]
    ranges = {"power": (-140, -60), "phase": (-180, 180), "delay": (1e-8, 2e-6), "inter": (0, 2)}
    ranges |= {"aod_az": (-180, 180), "aoa_az": (-180, 180), "aod_el": (30, 150), "aoa_el": (30, 150)}
    arrays = {name: np.where(present, rng.uniform(*limits, present.shape), np.nan) for name, limits in ranges.items()}
    arrays["inter"] = np.floor(arrays["inter"])
    arrays["rx_pos"] = np.column_stack([np.arange(users), np.zeros((users, 2))])
    arrays["tx_pos"] = np.zeros(3)
    place.mkdir()
    files = {name: place / file for name, file in deepmimo_writer.file_names().items()}
    deepmimo_writer.write(files, arrays, name="BS1", carrier_hz=3.5e9, max_reflections=1)


def peer(place: Path) -> Callable[[], np.ndarray]:
    """DeepMIMO's channels, then both transforms as one FFT."""
    with contextlib.redirect_stdout(io.StringIO()):
        deepmimo.config.set("scenarios_folder", str(place.parent))
        wanted = ["power", "phase", "delay", "aod_az", "aod_el", "aoa_az", "aoa_el", "inter", "rx_pos", "tx_pos"]
        dataset = deepmimo.load(place.name, matrices=wanted)
    parameters = deepmimo.ChannelParameters()
    parameters.bs_antenna.shape, parameters.ue_antenna.shape = np.array([64, 1]), np.array([1, 1])
    parameters.ofdm.subcarriers, parameters.ofdm.selected_subcarriers = 64, np.arange(64)
    parameters.ofdm.bandwidth, parameters.num_paths = CHANNEL.bandwidth_hz, 25

    def run() -> np.ndarray:
        with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
            dataset.clear_all_caches()  # as on the first call; nobody computes the same channels twice
            channels = dataset.compute_channels(parameters)[:, 0].astype(np.complex64, copy=False)
        profiles = np.empty(channels.shape, np.float32)
        for start in range(0, len(channels), CHUNK):
            part = slice(start, start + CHUNK)
            # U^H over antennas is an inverse transform whose bins start at -M/2, V over subcarriers a forward one
            seen = scipy.fft.fft(scipy.fft.ifft(channels[part], axis=1), axis=2)
            profiles[part] = np.abs(scipy.fft.fftshift(seen, axes=1))
        return profiles

    return run


def ours(place: Path) -> Callable[[], np.ndarray]:
    """The direct kernel."""
    paths = folder.read(place, "BS1")
    return lambda: profile.from_paths(paths, CHANNEL, CONVENTION)


def seconds(run: Callable[[], object], threads: int) -> float:
    """Time one call with so many threads of the linear algebra library, the FFT and compiled loops."""
    numba.set_num_threads(threads)
    with threadpool_limits(threads), scipy.fft.set_workers(threads):
        start = time.perf_counter()
        run()
        return time.perf_counter() - start


def limits(users: int) -> dict[str, float]:
    """What the machine could do: users per second if profiles were only written, or only multiplied out."""
    room = np.empty((users, 64, 64), np.float32)
    writing = min(seconds(lambda: room.fill(1.0), 1) for _ in range(5))
    big = np.ones((2048, 2048), np.float32)
    multiplying = min(seconds(lambda: big @ big, 1) for _ in range(5)) / (2 * 2048**3)
    flops = 2 * 64 * 25 * 128  # 64 angle bins by 25 paths, times 25 paths by real and imaginary parts of 64 delay bins
    return {"only writing": users / writing, "only multiplying (25 paths)": 1 / (flops * multiplying)}


def compare(users: int, rounds: int, case: str) -> tuple[list[dict], float]:
    """Time both in turn, with one and with two threads; return the rows of the table and the ratio."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary) / f"paths_{case}"  # lower case: the peer looks up no other name
        make_scenario(place, users, PATHS[case])
        runs = {"DeepMIMO + FFT": peer(place), "robustloc": ours(place)}
    profiles = [run() for run in runs.values()]
    apart = np.abs(profiles[0] - profiles[1]).max() / profiles[1].max()
    if apart > 1e-4:
        raise SystemExit(f"the two do not compute the same profiles: {apart:.1e} of the peak apart")
    del profiles
    times = {(name, threads): [] for name in runs for threads in (1, 2)}
    for _ in range(rounds):
        for (name, threads), taken in times.items():
            taken.append(seconds(runs[name], threads))
    rates = {key: users / np.median(taken) for key, taken in times.items()}
    rows = [{"paths per user": case, "what": n, "threads": t, "users/s": round(rate)} for (n, t), rate in rates.items()]
    best = {name: max(rates[name, 1], rates[name, 2]) for name in runs}
    return rows, best["robustloc"] / best["DeepMIMO + FFT"]


def main() -> None:
    """Print the table, and with --json the ratios on the last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="end with one JSON object of the ratios")
    arguments = parser.parse_args()
    rows, ratios = [], {}
    for case in PATHS:
        found, ratios[f"ratio_{case}_paths"] = compare(arguments.users, arguments.rounds, case)
        rows += found
    rows += [
        {"paths per user": "", "what": f"limit: {w}", "threads": 1, "users/s": round(r)}
        for w, r in limits(2000).items()
    ]
    print(pd.DataFrame(rows).to_markdown(index=False))
    for name, ratio in ratios.items():
        print(f"{name.removeprefix('ratio_').replace('_', ' ')}: {ratio:.1f} times as fast, each in its better setting")
    if arguments.json:
        print(json.dumps({name: round(ratio, 2) for name, ratio in ratios.items()}))


if __name__ == "__main__":
    main()
