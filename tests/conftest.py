"""Raw folders of the same made-up scenario in each layout, and where the real city lies."""

import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy and torch: two threads on two cores are slower here

import numpy as np
import pytest
from made_up import COLUMNS, ROWS, SITE
from scipy.io import savemat
from workflow_project import ROOT

from robustloc.scenario import deepmimo_v4_writer


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    """Arrays of a v4 scenario with a grid of ROWS x COLUMNS users, the third of which has no path."""
    rng = np.random.default_rng(1)
    users = ROWS * COLUMNS
    count = rng.integers(1, 7, users)
    count[2], count[5] = 0, 6
    present = np.arange(6) < count[:, None]
    grid = np.stack(np.meshgrid(np.arange(COLUMNS), np.arange(ROWS), [2.0]), axis=-1).reshape(-1, 3)
    ranges = {"power": (-140, -60), "phase": (-180, 180), "delay": (1e-8, 1e-6), "inter": (0, 2)}
    ranges |= {"aod_az": (-180, 180), "aoa_az": (-180, 180), "aod_el": (0, 180), "aoa_el": (0, 180)}
    drawn = {name: rng.uniform(*limits, present.shape) for name, limits in ranges.items()}
    drawn["inter"] = np.floor(drawn["inter"])
    result = {name: np.where(present, array, np.nan).astype(np.float32) for name, array in drawn.items()}
    return result | {"rx_pos": grid.astype(np.float32), "tx_pos": SITE.astype(np.float32)}


@pytest.fixture
def v4_folder(tmp_path: Path, arrays: dict) -> Path:
    """The made-up scenario as a DeepMIMO v4 folder."""
    folder = tmp_path / "v4"
    folder.mkdir()
    files = {name: folder / file for name, file in deepmimo_v4_writer.file_names().items()}
    deepmimo_v4_writer.write(files, arrays, name="BS7", carrier_hz=3.5e9, max_reflections=1)
    return folder


@pytest.fixture
def v3_folder(tmp_path: Path, arrays: dict) -> Path:
    """The same scenario as a DeepMIMO v3 folder, its users in two files."""
    folder = tmp_path / "v3"
    folder.mkdir()
    params = {"version": 2, "carrier_freq": 3.5e9, "user_grids": np.array([[1.0, ROWS, COLUMNS]]), "num_BS": 1}
    savemat(folder / "params.mat", params)
    savemat(folder / "BS7_BS.mat", {"tx_loc": SITE[None, :], "rx_locs": np.zeros((1, 5))})
    order = ("phase", "delay", "power", "aoa_az", "aoa_el", "aod_az", "aod_el")
    cells = np.empty((1, ROWS * COLUMNS), dtype=object)
    for user in range(ROWS * COLUMNS):
        count = np.isfinite(arrays["power"][user]).sum()
        sight = (arrays["inter"][user, :count] == 0).astype(np.float32)
        cells[0, user] = {"p": np.stack([*(arrays[name][user, :count] for name in order), sight])}
    locations = np.column_stack([arrays["rx_pos"], np.zeros((ROWS * COLUMNS, 2))])
    # nine users first: read by name, the second file would come before the first
    for first, end in ((0, 9), (9, ROWS * COLUMNS)):
        content = {"channels": cells[:, first:end], "rx_locs": locations[first:end], "tx_loc": SITE[None, :]}
        savemat(folder / f"BS7_UE_{first}-{end}.mat", content)
    return folder


@pytest.fixture(scope="session")
def city() -> Path:
    """The folder that holds the real city's generations, new_york_v3 and new_york_v4."""
    folder = Path(os.environ.get("ROBUSTLOC_CITY", ROOT.parent / "shared" / "data"))
    if not (folder / "new_york_v4").is_dir():
        pytest.skip(
            f"the real city is not at {folder}; set ROBUSTLOC_CITY to the folder that holds new_york_v3 and _v4"
        )
    return folder
