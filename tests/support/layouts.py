"""Writers of a scenario in the layout of each DeepMIMO generation, to test the readers."""

from functools import partial
from pathlib import Path

import numpy as np
from made_up import COLUMNS, ROWS, SITE
from scipy import io

from robustloc.data import deepmimo_writer

CARRIER_HZ = 3.5e9
SENT_DBM = 30.0  # v1 and v2 store received powers for this transmit power, v4 for 0 dBm
GRIDS = np.array([[1.0, ROWS, COLUMNS]])
savemat = partial(io.savemat, do_compression=True)  # as MATLAB does; with compression, zlib detects every truncation


def write_v1(folder: Path, arrays: dict[str, np.ndarray]) -> Path:
    """Write base station 7: channel responses, departures, positions of the users."""
    folder.mkdir()
    users = len(arrays["rx_pos"])
    params = {"carrier_freq": CARRIER_HZ, "transmit_power": SENT_DBM, "num_BS": 1, "user_grids": GRIDS}
    savemat(folder / "made.params.mat", params)
    numbers = np.arange(1.0, users + 1)[:, None]
    savemat(folder / "made.Loc.mat", {"Loc_array_full": np.hstack([numbers, arrays["rx_pos"], np.zeros((users, 2))])})
    power = arrays["power"] + SENT_DBM
    _write_flat(folder / "made.7.CIR.mat", "CIR_array_full", arrays["phase"], arrays["delay"], power)
    _write_flat(folder / "made.7.DoD.mat", "DoD_array_full", arrays["aod_az"], arrays["aod_el"], power)
    return folder


def write_v2(folder: Path, arrays: dict[str, np.ndarray]) -> Path:
    """Write the files of v1, arrivals, line-of-sight tags, base station positions and links of base stations."""
    write_v1(folder, arrays)
    power = arrays["power"] + SENT_DBM
    _write_flat(folder / "made.7.DoA.mat", "DoA_array_full", arrays["aoa_az"], arrays["aoa_el"], power)
    first = arrays["inter"][:, 0]
    tags = np.where(np.isnan(first), -1, first == 0)
    savemat(folder / "made.7.LoS.mat", {"LOS_tag_array_full": np.append(len(tags), tags).astype(np.int32)})
    sites = np.array(
        [[number, 100.0 * number, 0.0, 6.0, 0.0, 0.0] for number in range(1, 7)] + [[7.0, *SITE, 0.0, 0.0]]
    )
    savemat(folder / "made.TX_Loc.mat", {"TX_Loc_array_full": sites})
    savemat(folder / "made.BSBS.params.mat", {"carrier_freq": CARRIER_HZ})
    savemat(folder / "made.7.CIR.BSBS.mat", {"BB_CIR_array_full": np.zeros(1)})
    return folder


def write_v3(folder: Path, arrays: dict[str, np.ndarray]) -> Path:
    """Write base station 7, its users in two files."""
    folder.mkdir()
    users = len(arrays["rx_pos"])
    savemat(folder / "params.mat", {"version": 2, "carrier_freq": CARRIER_HZ, "user_grids": GRIDS, "num_BS": 1})
    savemat(folder / "BS7_BS.mat", {"tx_loc": SITE[None, :], "rx_locs": np.zeros((1, 5))})
    order = ("phase", "delay", "power", "aoa_az", "aoa_el", "aod_az", "aod_el")
    cells = np.empty((1, users), dtype=object)
    for user in range(users):
        count = np.isfinite(arrays["power"][user]).sum()
        sight = (arrays["inter"][user, :count] == 0).astype(np.float32)
        cells[0, user] = {"p": np.stack([*(arrays[name][user, :count] for name in order), sight])}
    locations = np.column_stack([arrays["rx_pos"], np.zeros((users, 2))])
    # nine users first: read by name, the second file would come before the first
    for first, end in ((0, 9), (9, users)):
        content = {"channels": cells[:, first:end], "rx_locs": locations[first:end], "tx_loc": SITE[None, :]}
        savemat(folder / f"BS7_UE_{first}-{end}.mat", content)
    return folder


def write_v4(folder: Path, arrays: dict[str, np.ndarray]) -> Path:
    """Write with the project's own v4 writer."""
    folder.mkdir()
    files = {name: folder / file for name, file in deepmimo_writer.file_names().items()}
    deepmimo_writer.write(files, arrays, name="BS7", carrier_hz=CARRIER_HZ, max_reflections=1)
    return folder


WRITERS = {"v1": write_v1, "v2": write_v2, "v3": write_v3, "v4": write_v4}


def _write_flat(file: Path, variable: str, *values: np.ndarray) -> None:
    """Write number of users, then per user its number and count of paths, and per path its number and values."""
    count = np.isfinite(values[0]).sum(axis=1)
    flat = [float(len(count))]
    for user, paths in enumerate(count):
        flat += [user + 1.0, float(paths)]
        for path in range(paths):
            flat += [path + 1.0, *(float(value[user, path]) for value in values)]
    savemat(file, {variable: np.array(flat)})
