"""Raw folders of the same made-up scenario in each layout, and where the real city lies."""

import os
from pathlib import Path

# Before numpy, numba and torch: two threads in each of two processes on two cores take a hundred times as long. Numba's
# layer on OpenMP would raise the number of threads for torch, too, since they share the library.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_THREADING_LAYER", "workqueue")

import numpy as np
import pytest
from layouts import WRITERS, write_v3, write_v4
from made_up import COLUMNS, ROWS, SITE
from workflow_project import ROOT


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


@pytest.fixture(params=["v1", "v2", "v3", "v4"])
def raw(request: pytest.FixtureRequest, tmp_path: Path, arrays: dict) -> Path:
    """The made-up scenario as a folder of each generation, which is the folder's name."""
    return WRITERS[request.param](tmp_path / request.param, arrays)


@pytest.fixture
def v3_folder(tmp_path: Path, arrays: dict) -> Path:
    """The made-up scenario as a DeepMIMO v3 folder, its users in two files."""
    return write_v3(tmp_path / "v3", arrays)


@pytest.fixture
def v4_folder(tmp_path: Path, arrays: dict) -> Path:
    """The made-up scenario as a DeepMIMO v4 folder."""
    return write_v4(tmp_path / "v4", arrays)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with links to the real city's generations, new_york_v2 to new_york_v4, and nothing else."""
    folder = Path(os.environ.get("ROBUSTLOC_CITY", ROOT.parent / "shared" / "data"))
    if not (folder / "new_york_v4").is_dir():
        pytest.skip(
            f"the real city is not at {folder}; set ROBUSTLOC_CITY to the folder that holds new_york_v3 and _v4"
        )
    links = tmp_path_factory.mktemp("city")
    for generation in folder.glob("new_york_v*"):
        (links / generation.name).symlink_to(generation.resolve(), target_is_directory=True)
    return links
