"""Downloads that are no scenario folder are recognised by their names, and the message says what to do."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from layouts import WRITERS, write_v3, write_v4

from robustloc.base.errors import UserError
from robustloc.data import folder


def nested(place: Path, arrays: dict) -> None:
    """A scenario two folders deeper."""
    (place / "ray_tracing").mkdir(parents=True)
    write_v3(place / "ray_tracing" / "O1", arrays)


def dynamic(place: Path, arrays: dict, *, above: bool) -> None:
    """Two scenes; the description lies above them, as DeepMIMO writes it, or beside the arrays of each scene."""
    place.mkdir()
    for scene in ("scene_000", "scene_001"):
        description = write_v4(place / scene, arrays) / "params.json"
        if above:
            description.replace(place / "params.json")


def not_unpacked(place: Path, arrays: dict) -> None:
    """The description of a dynamic scenario without its scenes."""
    dynamic(place, arrays, above=True)
    described = json.loads((place / "params.json").read_text()) | {"scene": {"num_scenes": 40}}
    (place / "params.json").write_text(json.dumps(described))
    for scene in ("scene_000", "scene_001"):
        (place / scene).rename(place.parent / scene)


def files(*names: str) -> Callable:
    """A folder with empty files of these names."""

    def write(place: Path, arrays: dict) -> None:
        place.mkdir()
        for name in names:
            (place / name).touch()

    return write


ONE_SCENE = "robustloc reads one scene"
GENERATED = "made by a DeepMIMO generator, with channels instead of paths; download the ray-tracing files"
DOWNLOADS = {
    "nested": (nested, 'write raw: {folder: "x/ray_tracing/O1"}, or move the files of ray_tracing/O1 up'),
    "scenes below params.json": (
        lambda place, arrays: dynamic(place, arrays, above=True),
        f'{ONE_SCENE}; copy params.json into scene_000 and write raw: {{folder: "x/scene_000"}}',
    ),
    "scenes with params.json": (
        lambda place, arrays: dynamic(place, arrays, above=False),
        f'{ONE_SCENE}; write raw: {{folder: "x/scene_000"}}',
    ),
    "scenes not unpacked": (not_unpacked, f"a dynamic scenario, with one folder per scene; {ONE_SCENE}"),
    "archive": (files("O1_60.zip"), "O1_60.zip: an archive; unpack it into "),
    "two archives": (files("O1_60.tar.gz", "b.7z"), "b.7z: an archive; unpack it into "),
    "matlab generator": (files("DeepMIMO_dataset.mat", "notes.txt"), f"DeepMIMO_dataset.mat: {GENERATED}"),
    "python generator": (files("deepmimo_dataset_bs3.npz"), f"deepmimo_dataset_bs3.npz: {GENERATED}"),
    "pickled channels": (files("DeepMIMO_channels.pkl"), f"DeepMIMO_channels.pkl: {GENERATED}"),
    "second download, v3": (files("params (1).mat"), "params (1).mat: expected the name params.mat; rename the file"),
    "second download, v4": (files("params(2).json"), "params(2).json: expected the name params.json; rename"),
    "second download, v1": (files("O1.params - Copy.mat"), "expected the name O1.params.mat; rename the file"),
}


@pytest.mark.parametrize("kind", DOWNLOADS)
def test_other_downloads(tmp_path: Path, arrays: dict, kind: str) -> None:
    """Planning and reading stop, and the message says what the folder holds and what to do."""
    write, message = DOWNLOADS[kind]
    write(tmp_path / "x", arrays)

    for look in (folder.read, folder.files):
        with pytest.raises(UserError) as error:
            look(tmp_path / "x", "BS7")
        assert message in str(error.value)
        assert len(str(error.value).splitlines()) <= 2


def test_advice_works(tmp_path: Path, arrays: dict) -> None:
    """A nested scenario and a scene with a copy of the description are read where the message says."""
    nested(tmp_path / "x", arrays)
    dynamic(tmp_path / "y", arrays, above=True)
    (tmp_path / "y/scene_000/params.json").write_bytes((tmp_path / "y/params.json").read_bytes())

    for place in ("x/ray_tracing/O1", "y/scene_000"):
        assert len(folder.read(tmp_path / place, "BS7")) == 20


def test_archive_in_place_of_a_folder(tmp_path: Path) -> None:
    """If a folder is missing and its archive is there, the message names the archive."""
    (tmp_path / "O1_60.zip").touch()

    with pytest.raises(UserError, match=r"O1_60: no such folder; unpack O1_60\.zip into it"):
        folder.read(tmp_path / "O1_60", "BS1")
    with pytest.raises(UserError, match=r"O1: no such folder; download"):
        folder.read(tmp_path / "O1", "BS1")


def test_file_in_place_of_a_folder(tmp_path: Path) -> None:
    """A file of channel matrices that is named as a folder has a key of its own; other files are refused."""
    np.savez(tmp_path / "lab.npz", csi=np.zeros((1, 8, 8), complex))
    (tmp_path / "notes.txt").touch()

    (tmp_path / "lab.h5").touch()

    for name in ("lab.npz", "lab.h5"):
        with pytest.raises(UserError, match=rf"{name}: expected a scenario folder, found a file\. .*write csi instead"):
            folder.read(tmp_path / name, "BS1")
    with pytest.raises(UserError, match=r'lab\.npz: measured channel matrices; write raw: {csi: ".*/lab\.npz"}'):
        folder.read(tmp_path, "BS1")
    with pytest.raises(UserError, match=r"notes\.txt: expected a scenario folder, found a file\. A scenario folder"):
        folder.read(tmp_path / "notes.txt", "BS1")


# generation, file, another name, what to do
RENAMED = [
    ("v1", "made.7.CIR.mat", "made.7.CIR (1).mat", "rename it"),
    ("v2", "made.7.DoA.mat", "made.7.DoA(3).mat", "rename it"),
    ("v2", "made.7.CIR.mat", "made.7.cir.mat", "rename it"),
    ("v2", "made.TX_Loc.mat", "made.TX_Loc copy.mat", "rename it"),
    ("v3", "BS7_UE_9-20.mat", "BS7_UE_9-20 (1).mat", "rename it"),
    ("v3", "BS7_UE_0-9.mat", "BS7_UE_0-9 - Copy (2).mat", "rename it"),
    ("v3", "BS7_BS.mat", "BS7_BS (1).mat", "rename it"),
    ("v3", "BS7_UE_9-20.mat", "BS7_UE_9-20.mat.crdownload", "did not finish; download it again"),
    ("v4", "rx_pos_t001_tx000_r000.npz", "rx_pos_t001_tx000_r000 (1).npz", "rename it"),
    ("v4", "tx_pos_t001_tx000_r000.npz", "tx_pos_t001_tx000_r000 copy 2.npz", "rename it"),
    ("v4", "delay_t001_tx000_r000.npz", "delay_t001_tx000_r000.npz.part", "did not finish; download it again"),
]


@pytest.mark.parametrize(("generation", "name", "other", "advice"), RENAMED, ids=[case[2] for case in RENAMED])
def test_renamed_files(tmp_path: Path, arrays: dict, generation: str, name: str, other: str, advice: str) -> None:
    """A file under another name is found, and the message has both names."""
    raw = WRITERS[generation](tmp_path / generation, arrays)
    (raw / name).rename(raw / other)

    for look in (folder.read, folder.files):
        with pytest.raises(UserError) as error:
            look(raw, "BS7")
        assert str(error.value).startswith(f"{raw / name}: expected this file of the scenario, found {other} instead; ")
        assert str(error.value).endswith(advice)


def test_second_downloads_beside_the_first(raw: Path) -> None:
    """Copies beside the files themselves change nothing."""
    expected = folder.read(raw, "BS7").delay
    for file in [*raw.iterdir()]:
        file.with_name(f"{file.stem} (1){file.suffix}").write_bytes(b"")

    assert (folder.read(raw, "BS7").delay == expected).all()


def test_missing_files(raw: Path) -> None:
    """A missing file is named, also where its name says which users it holds."""
    for file in folder.files(raw, "BS7")[1:]:
        content = file.read_bytes()
        file.unlink()
        for look in (folder.read, folder.files):
            with pytest.raises(UserError, match="expected this file of the scenario, found no such file") as error:
                look(raw, "BS7")
            assert file.name in str(error.value)
        file.write_bytes(content)
