"""The description of files of measured channels."""

import sys
from pathlib import Path

import numpy as np
import pytest
from test_inspection import inspected

MEASURED = """\
DATA/a, b.npz: measured channel matrices, 30 users, 8 antennas 0.5 wavelengths apart, 16 subcarriers, bandwidth 20 MHz;\
 WRITE "a, b.npz"}, see docs/data.md
DATA/sub/lab.npz: measured channel matrices, 30 users, 8 antennas 0.5 wavelengths apart, 16 subcarriers, bandwidth 20 \
MHz; WRITE "sub/lab.npz"}, see docs/data.md
DATA/{b}.npz: measured channel matrices, 30 users, 8 antennas 0.5 wavelengths apart, 16 subcarriers, bandwidth 20 MHz;\
 rename it, because Snakemake reads { and } as wildcards, see docs/data.md"""
WRONG = """\
DATA/matlab.npz: expected csi (N, antennas, subcarriers) complex, position (N, 3) [m], bandwidth_hz, \
spacing_wavelengths; optionally line_of_sight (N,); found H, positions; add csi, position, bandwidth_hz, \
spacing_wavelengths
error: DATA/wrong.npz: position: expected shape (30, 3), x, y, z of each user of csi, found (2, 3)"""


def test_measured_channels(tmp_path: Path) -> None:
    """Files of channel matrices are described, also one folder below; other archives are errors with what they lack."""
    content = {"csi": np.ones((30, 8, 16), complex), "bandwidth_hz": 2e7, "spacing_wavelengths": 0.5}
    (tmp_path / "sub").mkdir()
    for name in ("a, b", "{b}", "sub/lab"):
        np.savez(tmp_path / f"{name}.npz", position=np.zeros((30, 3)), **content)
    np.savez(tmp_path / "wrong.npz", position=np.zeros((2, 3)), **content)
    np.savez(tmp_path / "matlab.npz", H=content["csi"], positions=np.zeros((30, 3)))
    np.savez(tmp_path / "one_array.npz", weights=np.zeros(3))

    found, errors = (text.replace(str(tmp_path), "DATA") for text in inspected(tmp_path))

    assert found.replace("\n\n", "\n").replace("write raw: {csi:", "WRITE") == MEASURED
    assert errors == WRONG


def test_hdf5_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An HDF5 file is listed although nothing here can read it."""
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "lab.h5").touch()

    assert inspected(tmp_path)[1].startswith(f"{tmp_path}/lab.h5: HDF5 is read by h5py; install it")


def test_a_file_as_the_place(tmp_path: Path) -> None:
    """A file where a folder is expected is named as a file, with the folder to write."""
    (tmp_path / "lab.npz").touch()

    found = f"found a file; write --config data_folder={tmp_path}"
    assert inspected(tmp_path / "lab.npz")[1].endswith(f"(--config data_folder=FOLDER), {found}")
