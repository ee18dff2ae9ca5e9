"""A download with the files of the wanted grids, and of the wanted base station, is enough."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from layouts import write_v3
from made_up import COLUMNS, ROWS, SITE
from scipy.io import loadmat, savemat

from robustloc.base.errors import UserError
from robustloc.data import folder, inspection

FILES = ("power", "phase", "delay", "aod_az", "aod_el", "aoa_az", "aoa_el", "inter", "rx_pos", "tx_pos")


@pytest.fixture
def three_grids(v4_folder: Path) -> Path:
    """The grid three times, as the receiver sets 0, 2 and 4, and a second base station, as in a download of O1."""
    described = json.loads((v4_folder / "params.json").read_text())
    sets = described["txrx_sets"]
    for number in (2, 4):
        sets[f"grid_{number}"] = {"id": number, "name": f"RX_{number}", "is_tx": False, "is_rx": True}
    sets["station"] = {"id": 5, "name": "BS9", "is_tx": True, "is_rx": True}
    (v4_folder / "params.json").write_text(json.dumps(described))
    for pair in ("t001_tx000_r002", "t001_tx000_r004", "t005_tx000_r000", "t005_tx000_r002", "t005_tx000_r004"):
        for quantity in FILES:
            shutil.copy(v4_folder / f"{quantity}_t001_tx000_r000.npz", v4_folder / f"{quantity}_{pair}.npz")
    for receiver in (0, 2, 4):
        np.savez(v4_folder / f"tx_pos_t005_tx000_r{receiver:03}.npz", tx_pos=SITE + 50)
    return v4_folder


def remove(place: Path, pattern: str) -> None:
    """Delete the files of a pattern; there must be some."""
    found = list(place.glob(pattern))
    assert found
    for file in found:
        file.unlink()


def test_first_grid(three_grids: Path) -> None:
    """The files of the first grid suffice for its rows, with one base station or several."""
    expected = folder.read(three_grids, "BS7", rows=[1, ROWS]).delay
    remove(three_grids, "*_r002.npz")
    remove(three_grids, "*_r004.npz")

    assert (folder.read(three_grids, "BS7", rows=[1, ROWS]).delay == expected).all()
    assert (folder.read(three_grids, "BS7").delay == expected).all()
    remove(three_grids, "*_t001_*")
    assert (folder.read(three_grids, (SITE + 50).tolist()).delay == expected).all()
    assert f"rows R1 to R{ROWS} of" in inspection.overview(three_grids)[0]
    assert inspection.overview(three_grids)[1] == []


def test_later_grid(three_grids: Path) -> None:
    """For a later grid, the positions of the grids before it are needed as well, because they number its rows."""
    rows = [ROWS + 1, 2 * ROWS]
    expected = folder.read(three_grids, "BS7", rows=rows)
    for quantity in set(FILES) - {"rx_pos"}:
        remove(three_grids, f"{quantity}_*_r000.npz")
    remove(three_grids, "*_r004.npz")

    found = folder.read(three_grids, "BS7", rows=rows)
    assert found.user.tolist() == expected.user.tolist()
    assert (found.delay == expected.delay).all()
    listed = {file.name for file in folder.files(three_grids, "BS7", rows=rows)}
    assert "rx_pos_t001_tx000_r000.npz" in listed
    assert not any("power" in name and "r000" in name for name in listed)

    for look in (folder.read, folder.files):
        with pytest.raises(UserError, match=r"/[a-z_]+_t001_tx000_r000\.npz: expected this file of the scenario"):
            look(three_grids, "BS7")
    remove(three_grids, "rx_pos_*_r000.npz")
    for look in (folder.read, folder.files):
        with pytest.raises(UserError, match=r"rx_pos_t001_tx000_r000\.npz: .*; rows are numbered over all receiver"):
            look(three_grids, "BS7", rows=rows)


@pytest.mark.parametrize("quantity", ["rx_pos", "phase"])
def test_incomplete_last_grid(three_grids: Path, quantity: str) -> None:
    """A missing file of a grid that is there is named where the grid is wanted."""
    remove(three_grids, f"{quantity}_t001_tx000_r004.npz")

    for look in (folder.read, folder.files):
        with pytest.raises(UserError, match=rf"{quantity}_t001_tx000_r004\.npz: expected this file"):
            look(three_grids, "BS7", rows=[2 * ROWS + 1, 3 * ROWS])
    if quantity == "phase":
        assert len(folder.read(three_grids, "BS7", rows=[1, 2 * ROWS])) == 2 * ROWS * COLUMNS


@pytest.fixture
def two_grids_v3(tmp_path: Path, arrays: dict) -> Path:
    """A v3 folder whose rows R1 and R2 are one grid and whose rows R3 and R4 are another one, a file for each row."""
    place = write_v3(tmp_path / "v3", arrays)
    params = {key: value for key, value in loadmat(place / "params.mat").items() if not key.startswith("__")}
    savemat(place / "params.mat", params | {"user_grids": [[1, 2, COLUMNS], [3, ROWS, COLUMNS]]})
    parts = [loadmat(place / f"BS7_UE_{users}.mat") for users in ("0-9", "9-20")]
    cells, places = (
        np.concatenate([part[key] for part in parts], axis) for key, axis in (("channels", 1), ("rx_locs", 0))
    )
    remove(place, "BS7_UE_*.mat")
    for first in range(0, ROWS * COLUMNS, COLUMNS):
        end = first + COLUMNS
        savemat(place / f"BS7_UE_{first}-{end}.mat", {"channels": cells[:, first:end], "rx_locs": places[first:end]})
    return place


@pytest.mark.parametrize(("rows", "kept"), [([1, 1], [0]), ([1, 2], [0, 1]), ([2, 3], [1, 2]), ([4, 4], [3])])
def test_files_of_v3(two_grids_v3: Path, rows: list[int], kept: list[int]) -> None:
    """The files with the wanted users suffice, whatever grid they belong to; only they are opened."""
    expected = folder.read(two_grids_v3, "BS7", rows=rows)
    for row in set(range(ROWS)) - set(kept):
        remove(two_grids_v3, f"BS7_UE_{row * COLUMNS}-*.mat")

    found = folder.read(two_grids_v3, "BS7", rows=rows)

    assert found.user.tolist() == expected.user.tolist()
    assert (found.position == expected.position).all()
    listed = {file.name for file in folder.files(two_grids_v3, "BS7", rows=rows)}
    assert {name for name in listed if "UE" in name} == {f"BS7_UE_{5 * row}-{5 * row + 5}.mat" for row in kept}


@pytest.mark.parametrize(("removed", "named"), [([1], "5-10"), ([1, 2], "5-15"), ([3], "15-20"), ([0], "0-5")])
def test_missing_file_of_v3(two_grids_v3: Path, removed: list[int], named: str) -> None:
    """The missing users, between the files that are there, are the name of the missing file."""
    for row in removed:
        remove(two_grids_v3, f"BS7_UE_{row * COLUMNS}-*.mat")

    for look in (folder.read, folder.files):
        with pytest.raises(UserError, match=rf"BS7_UE_{named}\.mat: expected this file .*; download it, or several"):
            look(two_grids_v3, "BS7")


def test_grids_of_v3_that_are_not_there(two_grids_v3: Path) -> None:
    """A last grid without files is no part of the scenario, as in v4; the overview shows the other grid."""
    remove(two_grids_v3, "BS7_UE_10-15.mat")
    remove(two_grids_v3, "BS7_UE_15-20.mat")

    assert len(folder.read(two_grids_v3, "BS7")) == 2 * COLUMNS
    text, errors = inspection.overview(two_grids_v3)
    assert "rows R1 to R2 of 5 users: 10 users" in text
    assert "R3" not in text
    assert errors == []


def test_overlapping_files_of_v3(two_grids_v3: Path) -> None:
    """Users that two files hold are an error."""
    content = loadmat(two_grids_v3 / "BS7_UE_0-5.mat")
    savemat(two_grids_v3 / "BS7_UE_3-8.mat", {key: content[key] for key in ("channels", "rx_locs")})

    with pytest.raises(UserError, match="found 5 of them in several; by their names, the files overlap"):
        folder.read(two_grids_v3, "BS7")


def test_dual_polarisation(v3_folder: Path, three_grids: Path) -> None:
    """Two polarisations are refused by name; in v4, only the sets that are read count."""
    content = loadmat(v3_folder / "BS7_UE_0-9.mat")
    dual = {f"channels_{pair}": content["channels"] for pair in ("VV", "VH", "HV", "HH")}
    savemat(v3_folder / "BS7_UE_0-9.mat", dual | {"rx_locs": content["rx_locs"]})
    with pytest.raises(
        UserError, match=r"0-9\.mat: dual polarisation: expected channels, found channels_HH, .*download"
    ):
        folder.read(v3_folder, "BS7")

    described = json.loads((three_grids / "params.json").read_text())
    described["txrx_sets"]["station"]["dual_pol"] = True
    (three_grids / "params.json").write_text(json.dumps(described))
    assert len(folder.read(three_grids, "BS7")) == 3 * ROWS * COLUMNS
    for look in (folder.read, folder.files):
        with pytest.raises(
            UserError, match=r"params\.json: dual polarisation: dual_pol of the set BS9 is true; .*downl"
        ):
            look(three_grids, "BS9")
