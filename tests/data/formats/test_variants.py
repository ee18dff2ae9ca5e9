"""Raw folders of other converters, and folders that are not valid scenarios."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from made_up import COLUMNS, ROWS, SITE
from scipy.io import loadmat, savemat
from test_folder import assert_equal

from robustloc.base.errors import UserError
from robustloc.data import folder

PAIR = "t001_tx000_r000"


def rewrite(raw: Path, suffix: str) -> None:
    """Write every array of a v4 folder in another format."""
    for file in raw.glob("*.npz"):
        quantity = re.match(r"(.*)_t001", file.name)[1]
        array = np.load(file)[quantity]
        file.unlink()
        if suffix == ".npy":
            np.save(file.with_suffix(suffix), array)
        else:
            savemat(file.with_suffix(suffix), {quantity: array})


def change_sets(raw: Path, change) -> None:
    """Edit the transmitter and receiver sets of a v4 folder."""
    parameters = json.loads((raw / "params.json").read_text())
    change(parameters["txrx_sets"])
    (raw / "params.json").write_text(json.dumps(parameters))


def set_of(number: int, name: str, *, is_tx: bool, is_rx: bool) -> dict:
    """Describe a set."""
    return {"id": number, "name": name, "is_tx": is_tx, "is_rx": is_rx}


def copy_pair(raw: Path, pair: str, users: int | None = None) -> None:
    """Copy the files of the pair to another pair, for the first users only."""
    for file in list(raw.glob(f"*_{PAIR}.npz")):
        quantity = file.name.removesuffix(f"_{PAIR}.npz")
        array = np.load(file)[quantity]
        np.savez_compressed(
            raw / f"{quantity}_{pair}.npz", **{quantity: array if quantity == "tx_pos" else array[:users]}
        )


@pytest.mark.parametrize("suffix", [".npy", ".mat"])
def test_array_formats(v4_folder: Path, suffix: str) -> None:
    """Arrays may be stored as .npz, .npy or .mat; the error for a truncated one names it."""
    expected = folder.read(v4_folder, "BS7")
    rewrite(v4_folder, suffix)

    assert_equal(folder.read(v4_folder, "BS7"), expected)
    for kept in (0.0, 0.1, 0.5, 0.99):
        file = v4_folder / f"delay_{PAIR}{suffix}"
        content = file.read_bytes()
        file.write_bytes(content[: int(kept * len(content))])
        with pytest.raises(UserError, match=f"delay_{PAIR}.*not a readable"):
            folder.read(v4_folder, "BS7")
        file.write_bytes(content)


def test_base_station_that_receives(v4_folder: Path) -> None:
    """A receiver set with a base station's name is not a set of users."""
    change_sets(v4_folder, lambda sets: sets.update(twin=set_of(2, "BS7", is_tx=False, is_rx=True)))
    copy_pair(v4_folder, "t001_tx000_r002", users=1)

    assert len(folder.read(v4_folder, "BS7")) == ROWS * COLUMNS


def test_second_user_grid(v4_folder: Path) -> None:
    """Rows are numbered across the receiver sets, and users of both sets are found."""
    change_sets(v4_folder, lambda sets: sets.update(more=set_of(5, "street", is_tx=False, is_rx=True)))
    copy_pair(v4_folder, "t001_tx000_r005", users=2 * COLUMNS)
    paths = folder.read(v4_folder, "BS7", rows=[ROWS, ROWS + 1])

    assert paths.user.tolist() == list(range((ROWS - 1) * COLUMNS, (ROWS + 1) * COLUMNS))
    assert paths.row.tolist() == [ROWS] * COLUMNS + [ROWS + 1] * COLUMNS
    np.testing.assert_array_equal(paths.delay[COLUMNS:], folder.read(v4_folder, "BS7", rows=[1, 1]).delay)


def test_several_transmitters_in_a_set(v4_folder: Path) -> None:
    """Each transmitter of a set is found by its position, and has its own name."""
    copy_pair(v4_folder, "t001_tx001_r000")
    np.savez(v4_folder / "tx_pos_t001_tx001_r000.npz", tx_pos=SITE + 50)

    assert len(folder.read(v4_folder, (SITE + 50).tolist())) == ROWS * COLUMNS
    assert len(folder.read(v4_folder, "BS7_2")) == ROWS * COLUMNS
    assert "tx_pos_t001_tx001_r000.npz" in {file.name for file in folder.files(v4_folder, "BS7_1")}
    with pytest.raises(UserError, match=r"BS7_1 at .*; BS7_2 at"):
        folder.read(v4_folder, "BS7")


def test_nobody_has_a_path(v4_folder: Path) -> None:
    """A pair without any path, stored as arrays without columns, is a scenario of blocked users."""
    for quantity in ("power", "phase", "delay", "aod_az", "aod_el", "aoa_el", "inter"):
        np.savez(v4_folder / f"{quantity}_{PAIR}.npz", **{quantity: np.zeros((ROWS * COLUMNS, 0), np.float32)})
    paths = folder.read(v4_folder, "BS7")

    assert (paths.count == 0).all()
    assert (paths.line_of_sight == -1).all()


def test_users_on_no_grid(v4_folder: Path) -> None:
    """Users that do not form a grid are one row, and all of them can be read."""
    position = np.load(v4_folder / f"rx_pos_{PAIR}.npz")["rx_pos"]
    position[7] += [0.3, 2.0, 0]
    np.savez(v4_folder / f"rx_pos_{PAIR}.npz", rx_pos=position)
    paths = folder.read(v4_folder, "BS7")

    assert len(paths) == ROWS * COLUMNS
    assert set(paths.row) == {1}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"txrx_sets": {"a": {"id": 0}}}', '{"txrx_sets": 3}'])
def test_wrong_description(v4_folder: Path, content: str) -> None:
    """A params.json with other content is an error that names it."""
    (v4_folder / "params.json").write_text(content)

    with pytest.raises(UserError, match=r"params\.json: expected the txrx_sets of a DeepMIMO v4 scenario"):
        folder.read(v4_folder, "BS7")


def test_quantities_must_fit(v4_folder: Path) -> None:
    """Arrays with different numbers of users or paths are an error."""
    array = np.load(v4_folder / f"phase_{PAIR}.npz")["phase"]
    for wrong in (array[:-1], array[:, :-1], array.ravel()):
        np.savez(v4_folder / f"phase_{PAIR}.npz", phase=wrong)
        with pytest.raises(UserError, match=r"phase_t001.*expected shape"):
            folder.read(v4_folder, "BS7")


def change_matlab(file: Path, **changes: np.ndarray) -> None:
    """Replace variables of a MATLAB file."""
    content = {key: array for key, array in loadmat(file).items() if not key.startswith("__")}
    savemat(file, content | changes)


def test_transmit_power(v3_folder: Path) -> None:
    """Gains refer to a sent power of 1 W, whatever power the v3 files were traced with."""
    before = folder.read(v3_folder, "BS7").gain
    change_matlab(v3_folder / "params.mat", transmit_power=np.array([[30.0]]))

    np.testing.assert_allclose(folder.read(v3_folder, "BS7").gain, before / 10**1.5)


def test_positions_v3(v3_folder: Path) -> None:
    """Users and base stations without a position are errors; older files list the positions."""
    change_matlab(v3_folder / "BS7_BS.mat", tx_loc=np.array([[1.0, 2.0]]))
    with pytest.raises(UserError, match=r"BS7_BS\.mat: expected a position of three numbers"):
        folder.read(v3_folder, "BS7")

    savemat(v3_folder / "BS7_BS.mat", {"rx_locs": np.arange(35.0).reshape(7, 5)})
    assert len(folder.read(v3_folder, [30.0, 31.0, 32.0])) == ROWS * COLUMNS

    change_matlab(v3_folder / "BS7_UE_0-9.mat", rx_locs=np.full((9, 5), np.nan))
    with pytest.raises(UserError, match=r"BS7_UE_0-9\.mat: expected finite user positions"):
        folder.read(v3_folder, "BS7")
