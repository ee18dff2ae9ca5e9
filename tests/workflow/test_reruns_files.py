"""The rerun table, files: what replaced, touched, deleted or moved ones make due, and what verification then tells."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from smoke_files import (
    CERTIFICATE,
    CERTIFIED,
    DCNN,
    FIG1,
    FROM_OUTDOOR,
    LAYOUT,
    LEADERBOARD,
    NOTHING,
    OF_CSI,
    OUTDOOR_ALL,
    PROVENANCE,
    TABLES,
    TRANSFERRED,
    VERDICTS,
    clean,
    due,
    judged,
    raw,
    sets,
    shards,
    split,
    table,
    trained,
    users,
)
from workflow_project import SMOKE, Project, copy_project

DAY_S = 86400.0
RESULTS = "results/smoke"
DOWNLOAD = "data/room/power_t001_tx000_r000.npz"
# one localizer without attacks on a scenario read from a folder
LITTLE = {
    "scenarios": {"indoor": {"raw": {"folder": "room"}}},
    "grids": [{"scenarios": ["indoor"], "models": ["constant"], "defences": ["none"], "seeds": [0], "attacks": []}],
    "figures": [],
}
OF_DOWNLOAD = shards("indoor", 1) | split("indoor") | trained("indoor/constant/none") | clean("indoor/constant/none")
OF_DOWNLOAD |= table("rmse", "summary") | LAYOUT | LEADERBOARD | users("indoor_constant")


@pytest.fixture(scope="module")
def downloaded(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy in which a small experiment on a raw folder has run."""
    project = copy_project(tmp_path_factory.mktemp("downloaded"))
    shutil.copytree(finished.folder / RESULTS / "indoor/raw", project.folder / "data/room")
    project.run("--configfile", SMOKE, project.overlay(LITTLE))
    return project


def louder(file: Path) -> bytes:
    """The powers of a file, a decibel more."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, power=np.load(file)["power"] + 1)
    return buffer.getvalue()


def verify(project: Project, overlay: dict | None = None) -> tuple[int, str]:
    """Run the verification; its status and what it prints."""
    done = project.snakemake("--configfile", SMOKE, *([project.overlay(overlay)] if overlay else []), "--", "verify")
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("is_other", "age_s", "stale"),
    [
        (True, 0.0, OF_DOWNLOAD),
        (False, 0.0, NOTHING),
        (False, DAY_S, NOTHING),
        (True, DAY_S, NOTHING),  # times alone tell Snakemake that it should look; verification looks in any case
    ],
)
def test_replaced_raw_file(downloaded: Project, is_other: bool, age_s: float, stale: set[str]) -> None:
    """Another raw file makes all due that is made of it if it is newer, the same content of any age nothing."""
    file = downloaded.folder / DOWNLOAD
    content = louder(file) if is_other else file.read_bytes()
    with downloaded.replaced(DOWNLOAD, content, age_s=age_s):
        assert downloaded.planned(downloaded.overlay(LITTLE)) == due(stale)


def test_older_raw_file_is_told(downloaded: Project) -> None:
    """A raw file swapped for another that is older than the results fails the verification, which names it."""
    with downloaded.replaced(DOWNLOAD, louder(downloaded.folder / DOWNLOAD), age_s=DAY_S):
        status, printed = verify(downloaded, LITTLE)

    assert status != 0
    told = f"{RESULTS}/indoor/adp/shard-0.parquet: made from other inputs: {Path(DOWNLOAD).name}"
    assert printed.splitlines()[0] == told


def test_missing_raw_file(downloaded: Project) -> None:
    """A raw file that is gone ends the planning with its name."""
    with downloaded.replaced(DOWNLOAD, None), pytest.raises(AssertionError, match=r"power_t001_tx000_r000\.npz"):
        downloaded.planned(downloaded.overlay(LITTLE))


def test_file_of_another_station(downloaded: Project) -> None:
    """A file of a base station that is not asked for makes nothing due."""
    file = downloaded.folder / "data/room/power_t002_tx000_r000.npz"
    shutil.copy(downloaded.folder / DOWNLOAD, file)
    planned = downloaded.planned(downloaded.overlay(LITTLE))
    file.unlink()

    assert planned == NOTHING


def test_moved_download(downloaded: Project) -> None:
    """The same files in another folder are other inputs; tracing in their stead makes files of its own."""
    shutil.copytree(downloaded.folder / "data", downloaded.folder / "elsewhere")

    assert downloaded.planned(downloaded.overlay(LITTLE | {"data_folder": "elsewhere"})) == due(OF_DOWNLOAD)
    traced = raw("indoor") | OF_DOWNLOAD
    assert downloaded.planned(downloaded.overlay(LITTLE | {"source": "embedded"})) == due(traced)


CHECKPOINT = f"{DCNN[0]}/seed0/checkpoint.pt"
OF_CHECKPOINT = clean(*DCNN) | trained(DCNN[1]) | sets(*DCNN) | TRANSFERRED | judged(*DCNN) | FIG1 | TABLES
OF_CHECKPOINT |= users("outdoor_dcnn")


@pytest.mark.parametrize(
    ("file", "age_s", "stale"),
    [
        (CHECKPOINT, 0.0, OF_CHECKPOINT),
        (CHECKPOINT, DAY_S, NOTHING),
        ("tables/rmse.md", 0.0, PROVENANCE),  # which then fails, and names it
    ],
)
def test_overwritten_result(finished: Project, file: str, age_s: float, stale: set[str]) -> None:
    """A result overwritten by hand makes due what is made of it, if it is newer, and not itself."""
    with finished.replaced(f"{RESULTS}/{file}", b"other", age_s=age_s):
        assert finished.planned() == due(stale)


@pytest.mark.parametrize(
    ("file", "stale"),
    [
        ("outdoor/raw/params.json", raw("outdoor") | OUTDOOR_ALL),
        ("outdoor/adp/shard-1.parquet", {"outdoor/adp/shard-1.parquet"} | split("outdoor") | FROM_OUTDOOR),
        (CHECKPOINT, trained(DCNN[0]) | OF_CHECKPOINT),
        ("indoor/csi.parquet", OF_CSI),
        ("indoor/dcnn/median_smoothing/seed0/certificate.csv", CERTIFICATE | CERTIFIED),
        ("tables/verdicts.csv", VERDICTS | TABLES),
    ],
)
def test_deleted_result(finished: Project, file: str, stale: set[str]) -> None:
    """A deleted result is due again with all that is made of it, although that is there."""
    with finished.replaced(f"{RESULTS}/{file}", None):
        assert finished.planned() == due(stale)


def test_command_line(finished: Project) -> None:
    """The command line plans what is planned here."""
    overlay = finished.overlay({"training": {"epochs": 3}, "scenarios": {"outdoor": {"epsilons": [0.02, 0.05]}}})
    for overlays in ([], [overlay]):
        done = finished.run("--configfile", SMOKE, *overlays, "--summary")
        rows = [line.split("\t") for line in done.stdout.splitlines() if line.startswith(RESULTS)]
        listed = {row[0].removeprefix(f"{RESULTS}/") for row in rows if row[-1] != "no update"}
        assert rows
        assert listed == finished.planned(*overlays)
        assert bool(listed) == bool(overlays)


def test_touched_everything(finished: Project, tmp_path: Path) -> None:
    """Newer times of every file, results before what they are made of, make nothing due; nor does another place."""
    moved = finished.copy(tmp_path / "moved")
    for file in sorted((path for path in moved.folder.rglob("*") if ".snakemake" not in path.parts), reverse=True):
        file.touch()

    assert moved.planned() == NOTHING


def test_rebuilt_data(finished: Project, tmp_path: Path) -> None:
    """Data made anew with the same bytes leave all that was trained on them as it is."""
    copy = finished.copy(tmp_path / "rebuilt")
    shard = copy.folder / RESULTS / "indoor/adp/shard-0.parquet"
    before = shard.stat().st_mtime_ns

    copy.run("--configfile", SMOKE, "--forcerun", "shard", "--", f"{RESULTS}/indoor/manifest.json")

    assert shard.stat().st_mtime_ns > before
    assert copy.planned() == NOTHING


def test_lost_records(finished: Project, tmp_path: Path) -> None:
    """Without Snakemake's records an edit is not seen, but verified; newer inputs are seen, and not taken for equal."""
    copy, longer = finished.copy(tmp_path / "lost"), {"training": {"epochs": 3}}
    shutil.rmtree(copy.folder / ".snakemake")

    assert copy.planned() == copy.planned(copy.overlay(longer)) == NOTHING
    assert verify(copy) == (0, "")
    status, printed = verify(copy, longer)
    assert status != 0
    assert f"{RESULTS}/{CHECKPOINT}: made from other configuration: training.epochs" in printed
    (copy.folder / RESULTS / "outdoor/raw/params.json").touch()
    assert copy.planned() == due(OUTDOOR_ALL)
