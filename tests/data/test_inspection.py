"""The description of a folder of downloads, and the experiment that it proposes."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from configurations import DEFAULT, filled
from layouts import WRITERS, write_v1, write_v3, write_v4
from made_up import COLUMNS, ROWS, SITE
from scipy.io import loadmat, savemat

from robustloc.base.errors import UserError
from robustloc.data import folder, inspection
from robustloc.experiment.experiment import Experiment


def inspected(place: Path) -> tuple[str, str]:
    """What is printed for a place: the descriptions, and the errors behind them."""
    found, texts = inspection.inspect(place), []
    try:
        for text in found:
            texts.append(text)
    except UserError as error:
        return "\n\n".join(texts), str(error)
    return "\n\n".join(texts), ""


SCENARIO = """\
DATA/NAME: TITLE, carrier 3.5 GHz

rows R1 to R4 of 5 users: 20 users

| base station   | position [m]           | users read   | without path   | paths of others   | longest delay [ns]   |
|:---------------|:-----------------------|:-------------|:---------------|:------------------|:---------------------|
| BS7            | (3.000, -2.000, 6.000) | 20           | 5.0 %          | 3.5, at most 6    | 984                  |

An experiment on BS7, which reaches most users:

data_folder: "DATA"
pathvars: {results: results/NAME}
scenarios:
  NAME:
    raw: {folder: "NAME"}
    base_station: "BS7"   # or [3.0, -2.0, 6.0]
    users: {rows: [1, 4]}
    # paths later than 6400 ns, that is subcarriers / bandwidth_hz, are dropped
    channel: {antennas: 64, subcarriers: 64, bandwidth_hz: 1.0e+7}
    scale: db
    blocked_users: keep
    epsilons: [0.01, 0.05]
    training_epsilon: 0.05
grids:
  - {scenarios: [NAME], models: [constant]}
  - {scenarios: [NAME], models: [dcnn], defences: [none, adversarial], attacks: [fgsm, pgd_linf]}
figures: []

"""
DAMAGED = """\
DATA/damaged: DeepMIMO v3, carrier 3.5 GHz

| base station   | position [m]           | users read   | without path   | paths of others   | longest delay [ns]   |
|:---------------|:-----------------------|:-------------|:---------------|:------------------|:---------------------|
| BS7            | (3.000, -2.000, 6.000) | see below    |                |                   |                      |

"""
TITLES = {"v1": "DeepMIMO v1 or v2", "v2": "DeepMIMO v1 or v2", "v3": "DeepMIMO v3", "v4": "DeepMIMO v4"}
ERRORS = """\
DATA/I3_60.zip: an archive; unpack it into DATA/I3_60
error: DATA/O1_60: the scenario is in a folder within it; write raw: {folder: "O1_60/O1_60"}, \
or move the files of O1_60 up
error: DATA/crossing: a dynamic scenario, with one folder per scene; robustloc reads one scene; copy params.json into \
scene_000 and write raw: {folder: "crossing/scene_000"}
error: DATA/damaged/BS7_UE_0-9.mat: not a readable MATLAB file, perhaps truncated; download it again"""


def test_downloads_of_all_kinds(tmp_path: Path, arrays: dict) -> None:
    """All that can be read is described, whatever lies beside it; then every other download, with what to do."""
    for name, write in WRITERS.items():
        write(tmp_path / name, arrays)
    damaged = write_v3(tmp_path / "damaged", arrays) / "BS7_UE_0-9.mat"
    damaged.write_bytes(damaged.read_bytes()[:300])
    (tmp_path / "I3_60.zip").touch()
    (tmp_path / "O1_60").mkdir()
    write_v4(tmp_path / "O1_60" / "O1_60", arrays)
    dynamic(tmp_path / "crossing", arrays)

    found, errors = (text.replace(str(tmp_path), "DATA") for text in inspected(tmp_path))

    scenarios = {name: SCENARIO.replace("TITLE", title).replace("NAME", name) for name, title in TITLES.items()}
    scenarios["v1"] = without_position(scenarios["v1"])
    crossing = "DATA/crossing: DeepMIMO v4, carrier 3.5 GHz, base stations not readable, see below\n"
    assert found.strip() == "\n".join([crossing, DAMAGED, *scenarios.values()]).strip()
    assert re.sub(r" \(.*\), perhaps", ", perhaps", errors) == ERRORS


def dynamic(place: Path, arrays: dict) -> None:
    """Write a dynamic scenario of two scenes as DeepMIMO does: the description above the folders of the scenes."""
    place.mkdir()
    for name in ("scene_000", "scene_001"):
        write_v4(place / name, arrays)
    described = json.loads((place / name / "params.json").read_text()) | {"scene": {"num_scenes": 2}}
    (place / "params.json").write_text(json.dumps(described))
    for name in ("scene_000", "scene_001"):
        (place / name / "params.json").unlink()


def without_position(text: str) -> str:
    """The description of v1, whose files have no positions, in a narrower column."""
    text = text.replace("   # or [3.0, -2.0, 6.0]", "")
    text = text.replace("(3.000, -2.000, 6.000)", "an unknown position   ")
    return (
        text.replace("position [m]           |", "position [m]        |")
        .replace("an unknown position    |", "an unknown position |")
        .replace("|:-----------------------|:-------------|:--", "|:--------------------|:-------------|:--")
    )


def test_proposed_experiment_plans(raw: Path) -> None:
    """The printed experiment, as it is printed, plans on top of the default configuration and selects all users."""
    printed = inspected(raw)[0].partition("which reaches most users:\n")[2]

    run = planned(printed)

    assert Path(run.raw_files(raw.name)[0]).parent == raw
    assert run.config["scenarios"][raw.name]["users"]["rows"] == [1, ROWS]


def planned(printed: str) -> Experiment:
    """The experiment of a printed configuration, checked as before a run."""
    return Experiment(filled(yaml.safe_load(printed)))


@pytest.mark.parametrize("name", ["outdoor", "Logs", "3.5 GHz", 'Ünter den "Linden"'])
def test_names_of_folders(tmp_path: Path, arrays: dict, name: str) -> None:
    """Whatever a folder is called, its experiment reads this folder, and no scenario of config.yaml."""
    place = write_v4(tmp_path / name, arrays)

    run = planned(inspected(place)[0].partition("which reaches most users:\n")[2])

    (scenario,) = run.scenarios
    assert scenario not in DEFAULT["scenarios"]
    assert Path(run.raw_files(scenario)[0]).parent == place


def second_station(place: Path, *, users: int) -> None:
    """Add a base station BS2 to a v3 folder, which only reaches the first users."""
    for first, end in ((0, 9), (9, ROWS * COLUMNS)):
        content = loadmat(place / f"BS7_UE_{first}-{end}.mat")
        cells = content["channels"]
        for user in range(max(0, users - first), end - first):
            cells[0, user] = {"p": np.zeros((8, 0))}
        savemat(place / f"BS2_UE_{first}-{end}.mat", {"channels": cells, "rx_locs": content["rx_locs"]})
    savemat(place / "BS2_BS.mat", {"tx_loc": SITE[None, :] + 10})


def test_most_covered_base_station(v3_folder: Path) -> None:
    """The experiment is on the base station that reaches most users, not on the first one."""
    second_station(v3_folder, users=12)

    text = inspected(v3_folder)[0]

    assert "An experiment on BS7, which reaches most users:" in text
    assert re.search(r"\| BS2 .*\| 45\.0 % ", text)


@pytest.mark.parametrize("file", ["BS2_UE_0-9.mat", "BS2_BS.mat"])
@pytest.mark.parametrize("damage", ["cut", "remove"])
def test_damaged_base_station(v3_folder: Path, file: str, damage: str) -> None:
    """A base station that cannot be read is an error, and the others are described all the same."""
    second_station(v3_folder, users=12)
    (v3_folder / file).unlink() if damage == "remove" else (v3_folder / file).write_bytes(b"")

    text, errors = inspected(v3_folder)

    assert re.search(r"\| BS2 .*\| see below ", text)
    assert re.search(r"\| BS7 .*\| 20 ", text)
    assert str(v3_folder / file) in errors
    assert len(errors.splitlines()) == 1
    assert len(folder.read(v3_folder, "BS7")) == ROWS * COLUMNS


def test_carrier_unknown(tmp_path: Path, arrays: dict) -> None:
    """Parameters of v1 with user grids only are read; without other files, they are listed all the same."""
    place = write_v1(tmp_path / "old", arrays)
    head = {"num_BS": 1.0, "user_grids": [[1, ROWS, COLUMNS]]}
    savemat(place / "made.params.mat", head)
    (tmp_path / "head").mkdir()
    shutil.copy(place / "made.params.mat", tmp_path / "head" / "O1.params.mat")

    text, errors = inspected(tmp_path)

    assert f"{place}: DeepMIMO v1 or v2, carrier unknown\n" in text
    assert re.search(r"\| BS7 .*\| 20 ", text)
    assert f"{tmp_path / 'head'}: DeepMIMO v1 or v2, carrier unknown, base stations not readable, see below" in text
    assert errors == f"{tmp_path / 'head'}: expected O1.<number>.CIR.mat files beside O1.params.mat, found none"


def test_carrier_of_no_number(v4_folder: Path) -> None:
    """A carrier that is no number is an error that names the file; a missing one is unknown."""
    described = json.loads((v4_folder / "params.json").read_text())
    for wrong in ("3.5 GHz", None, True):
        described["rt_params"]["frequency"] = wrong
        (v4_folder / "params.json").write_text(json.dumps(described))
        assert re.search(r"params\.json: expected a number as rt_params\.frequency, found", inspected(v4_folder)[1])

    del described["rt_params"]["frequency"]
    (v4_folder / "params.json").write_text(json.dumps(described))
    assert "DeepMIMO v4, carrier unknown\n" in inspected(v4_folder)[0]


def test_nobody_reached(v4_folder: Path) -> None:
    """Where no user has a path, no experiment is proposed."""
    for quantity in ("power", "phase", "delay", "aod_az", "aod_el", "aoa_el", "inter"):
        file = v4_folder / f"{quantity}_t001_tx000_r000.npz"
        np.savez(file, **{quantity: np.full_like(np.load(file)[quantity], np.nan)})

    text, errors = inspected(v4_folder)

    assert text.endswith("No user has a path to a base station, so there is nothing to localize.")
    assert errors == ""


def test_places_without_a_scenario(tmp_path: Path) -> None:
    """A place without a scenario is an error; so is a missing place."""
    (tmp_path / "empty").mkdir()
    assert inspected(tmp_path) == (
        "",
        f"{tmp_path}: expected scenario folders or files of measured channels in it, found none; change data_folder",
    )
    wanted = "expected a folder with scenarios (--config data_folder=FOLDER)"
    assert inspected(tmp_path / "nowhere")[1] == f"{tmp_path}/nowhere: {wanted}, found no such folder"
