"""Reruns after a file was replaced, touched, deleted or moved, and the output of the verification."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from smoke_files import NOTHING, due, following, matching
from workflow_project import SMOKE, Project, copy_project

DAY_S = 86400.0
RESULTS = "results/smoke"
DOWNLOAD = "data/room/power_t001_tx000_r000.npz"
# a scenario from a folder; tests make only its data set
LITTLE = {"scenarios": {"indoor": {"raw": {"folder": "room"}}}, "figures": []}
LITTLE["grids"] = [{"scenarios": ["indoor"], "models": ["constant"], "defences": ["none"], "seeds": [0], "attacks": []}]


@pytest.fixture(scope="module")
def downloaded(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy with a data set that was made from a raw folder."""
    project = copy_project(tmp_path_factory.mktemp("downloaded"))
    shutil.copytree(finished.folder / RESULTS / "indoor/raw", project.folder / "data/room")
    project.run("--configfile", SMOKE, project.overlay(LITTLE), "--", "adp")
    return project


def data_due(project: Project, overlay: dict) -> set[str]:
    """The files of the data set that are due."""
    return due(project.jobs(project.overlay(overlay), target="adp"))


def louder(file: Path) -> bytes:
    """The powers of a file, increased by one decibel."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, power=np.load(file)["power"] + 1)
    return buffer.getvalue()


def verify(project: Project, overlay: dict | None = None) -> tuple[int, str]:
    """Run the verification; return its status and its output."""
    done = project.snakemake("--configfile", SMOKE, *([project.overlay(overlay)] if overlay else []), "--", "verify")
    return done.returncode, done.stdout


DATA_SET = {f"indoor/{file}" for file in ("adp/shard-0.parquet", "split.parquet", "test.parquet", "manifest.json")}


@pytest.mark.parametrize(
    ("is_other", "age_s", "stale"),
    [
        (True, 0.0, DATA_SET),
        (False, 0.0, NOTHING),
        (True, DAY_S, NOTHING),  # Snakemake compares content only if a time is newer; verification always compares it
    ],
)
def test_replaced_raw_file(downloaded: Project, is_other: bool, age_s: float, stale: set[str]) -> None:
    """A newer raw file with other content makes the data set due; the same content makes nothing due."""
    file = downloaded.folder / DOWNLOAD
    content = louder(file) if is_other else file.read_bytes()
    with downloaded.replaced(DOWNLOAD, content, age_s=age_s):
        assert data_due(downloaded, LITTLE) == stale


def test_older_raw_file(downloaded: Project) -> None:
    """The verification fails and names a raw file that was replaced by a file older than the results."""
    with downloaded.replaced(DOWNLOAD, louder(downloaded.folder / DOWNLOAD), age_s=DAY_S):
        status, printed = verify(downloaded, LITTLE)

    assert status != 0
    difference = f"{RESULTS}/indoor/adp/shard-0.parquet: made from other inputs: {Path(DOWNLOAD).name}"
    assert difference in printed.splitlines()


def test_missing_raw_file(downloaded: Project) -> None:
    """Planning ends with the name of a missing raw file."""
    with downloaded.replaced(DOWNLOAD, None), pytest.raises(AssertionError, match=r"power_t001_tx000_r000\.npz"):
        data_due(downloaded, LITTLE)


def test_file_of_another_station(downloaded: Project) -> None:
    """A file of a base station that the scenario does not use makes nothing due."""
    file = downloaded.folder / "data/room/power_t002_tx000_r000.npz"
    shutil.copy(downloaded.folder / DOWNLOAD, file)
    found = data_due(downloaded, LITTLE)
    file.unlink()

    assert found == NOTHING


def test_moved_download(downloaded: Project) -> None:
    """The same files in another folder are other inputs; traced files are separate files."""
    shutil.copytree(downloaded.folder / "data", downloaded.folder / "elsewhere")

    assert data_due(downloaded, LITTLE | {"data_folder": "elsewhere"}) == DATA_SET
    traced = data_due(downloaded, LITTLE | {"source": "embedded"})
    assert "indoor/raw/params.json" in traced
    assert traced > DATA_SET


CHECKPOINT = "outdoor/dcnn/none/seed0/checkpoint.pt"


@pytest.mark.parametrize(
    ("file", "age_s", "is_seen"),
    [(CHECKPOINT, 0.0, True), (CHECKPOINT, DAY_S, False), ("tables/rmse.md", 0.0, True)],
)
def test_overwritten_result(finished: Project, file: str, age_s: float, is_seen: bool) -> None:
    """A result that was overwritten by hand makes its readers due if it is newer, but not itself."""
    with finished.replaced(f"{RESULTS}/{file}", b"other", age_s=age_s):
        jobs = finished.jobs()

    reads = following(jobs, lambda job: f"{RESULTS}/{file}" in job["inputs"])
    assert due(jobs) == (reads if is_seen else NOTHING)
    assert file not in reads


@pytest.mark.parametrize("file", ["outdoor/raw/params.json", "outdoor/adp/shard-1.parquet", "tables/verdicts.csv"])
def test_deleted_result(finished: Project, file: str) -> None:
    """A deleted result is due again, and so are all jobs after it."""
    with finished.replaced(f"{RESULTS}/{file}", None):
        jobs = finished.jobs()

    assert due(jobs) == following(jobs, matching(file))


def test_command_line(finished: Project) -> None:
    """The command line plans the same jobs as the planner of these tests."""
    overlay = finished.overlay({"training": {"epochs": 3}, "scenarios": {"outdoor": {"epsilons": [0.02, 0.05]}}})
    for overlays in ([], [overlay]):
        done = finished.run("--configfile", SMOKE, *overlays, "--summary")
        rows = [line.split("\t") for line in done.stdout.splitlines() if line.startswith(RESULTS)]
        listed = {row[0].removeprefix(f"{RESULTS}/") for row in rows if row[-1] != "no update"}
        assert rows
        assert listed == due(finished.jobs(*overlays))
        assert bool(listed) == bool(overlays)


def test_touched_everything(finished: Project, tmp_path: Path) -> None:
    """Newer times of all files, results older than their inputs, or another folder make nothing due."""
    moved = finished.copy(tmp_path / "moved")
    for file in sorted((path for path in moved.folder.rglob("*") if ".snakemake" not in path.parts), reverse=True):
        file.touch()

    assert due(moved.jobs()) == NOTHING


def test_rebuilt_data(finished: Project, tmp_path: Path) -> None:
    """Data that is remade with the same bytes makes nothing due."""
    copy = finished.copy(tmp_path / "rebuilt")
    shard = copy.folder / RESULTS / "indoor/adp/shard-0.parquet"
    before = shard.stat().st_mtime_ns

    copy.run("--configfile", SMOKE, "--forcerun", "shard", "--", f"{RESULTS}/indoor/manifest.json")

    assert shard.stat().st_mtime_ns > before
    assert due(copy.jobs()) == NOTHING


def test_lost_records(finished: Project, tmp_path: Path) -> None:
    """Without Snakemake's records, only the verification sees an edit, and newer inputs count as changed."""
    copy, longer = finished.copy(tmp_path / "lost"), {"training": {"epochs": 3}}
    shutil.rmtree(copy.folder / ".snakemake")

    assert due(copy.jobs()) == due(copy.jobs(copy.overlay(longer))) == NOTHING
    assert verify(copy)[0] == 0
    status, printed = verify(copy, longer)
    assert status != 0
    assert f"{RESULTS}/{CHECKPOINT}: made with another configuration: training.epochs" in printed
    (copy.folder / RESULTS / "outdoor/raw/params.json").touch()
    jobs = copy.jobs()
    assert due(jobs) == following(jobs, matching("outdoor/adp/*"))
