"""experiments/paper.yaml reads downloads of O1 whose base stations have other names."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from configurations import filled, merged
from workflow_project import ROOT

from robustloc.base.errors import UserError
from robustloc.experiment.experiment import Experiment

PAPER = yaml.safe_load((ROOT / "experiments/paper.yaml").read_text())
QUANTITIES = ("power", "phase", "delay", "aod_az", "aod_el", "aoa_el", "inter")
# as in the converted O1: three user grids, then base stations in no order
NAMES = {0: "RX_1", 1: "RX_2", 2: "RX_3", 3: "TX_5", 4: "TX_3", 5: "TX_1", 8: "TX_2"}
SITES = {4: (235.504, 489.504, 6.0), 8: (287.504, 389.504, 6.0)}


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the first user grid of O1 for two base stations; the other files are not downloaded."""
    place = tmp_path_factory.mktemp("data")
    (place / "O1_3p5").mkdir()
    sets = {
        f"txrx_set_{number}": {"id": number, "name": name, "is_tx": name.startswith("TX"), "is_rx": True}
        for number, name in NAMES.items()
    }
    described = {"version": "4.0.0a3", "rt_params": {"frequency": 3.5e9}, "txrx_sets": sets, "scene": {"num_scenes": 1}}
    (place / "O1_3p5" / "params.json").write_text(json.dumps(described))
    y, x = np.meshgrid(np.arange(1100), np.arange(181), indexing="ij")
    users = np.stack([242.423 + 0.2 * x, 297.171 + 0.2 * y, np.full(x.shape, 2.0)], axis=-1).reshape(-1, 3)
    for number, site in SITES.items():
        pair = f"t{number:03}_tx000_r000"
        np.savez(place / "O1_3p5" / f"tx_pos_{pair}.npz", tx_pos=np.array(site, np.float32))
        np.savez(place / "O1_3p5" / f"rx_pos_{pair}.npz", rx_pos=users.astype(np.float32))
        for quantity in QUANTITIES:  # planning does not open them
            (place / "O1_3p5" / f"{quantity}_{pair}.npz").touch()
    return place


def raw_files(downloads: Path, station: object) -> set[str]:
    """Plan the outdoor scenario of the paper on downloads; return the numbers of the transmitters that it reads."""
    changes = {"source": "deepmimo", "data_folder": str(downloads)}
    if station is not None:
        changes["scenarios"] = {"outdoor": {"base_station": station}}
    run = Experiment(filled(merged(PAPER, changes)))
    return {Path(file).name.split("_t")[1][:3] for file in run.raw_files("outdoor") if "delay" in file}


@pytest.mark.parametrize("station", [None, "BS2", "TX_2"])
def test_names_of_the_base_station(downloads: Path, station: str | None) -> None:
    """The paper's base station is found by its position, by the name of v1 to v3 and by the name of the download."""
    assert raw_files(downloads, station) == {"008"}


def test_other_names(downloads: Path) -> None:
    """Another number is another base station, or an error that lists the ones that are there."""
    assert raw_files(downloads, "BS3") == {"004"}
    with pytest.raises(
        UserError, match=r"found 'BS5'; write one of .* TX_2 at \(287\.504, 389\.504, 6\.000\); TX_3 at"
    ):
        raw_files(downloads, "BS5")
