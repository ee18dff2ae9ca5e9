"""Full disks, read-only folders, and moved results."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from workflow_faults import RESULTS, contents, copied, running, take_away, times
from workflow_project import SMOKE, Project, copy_project

SHARD = "outdoor/adp/shard-0.parquet"


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Mount something on a folder, if this is allowed."""
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fail_to_write(project: Project, message: str, everything: dict[str, bytes], **limits: int) -> None:
    """Make writing fail at a limit: it gives a message, leaves no partial file, and changes no other file."""
    before = times(project)
    with running(project, "--", str(RESULTS / SHARD), **limits) as run:
        assert run.ended() != 0
    assert f"error: {RESULTS / SHARD}: {message}" in run.printed()
    assert "Traceback" not in run.printed()
    assert everything.keys() - contents(project).keys() == {SHARD}
    assert times(project) == before


def test_file_too_large(finished: Project, tmp_path: Path) -> None:
    """A shard over a size limit is reported and leaves no file; without the limit it has the same bytes."""
    project, everything = copied(finished, tmp_path), contents(finished)
    target = take_away(project, SHARD)

    fail_to_write(project, "File too large", everything, largest_file=int(0.9 * len(everything[SHARD])))
    project.run("--configfile", SMOKE, "--", *target)

    assert contents(project) == everything


def test_full_disk(finished: Project, tmp_path: Path) -> None:
    """A full disk is reported and has no partial file; with free space the shard has the same bytes."""
    project, everything = copied(finished, tmp_path), contents(finished)
    target = take_away(project, SHARD)
    folder = (project.folder / RESULTS / SHARD).parent
    kept = shutil.move(folder, tmp_path / "kept")
    folder.mkdir()
    room = sum(file.stat().st_size for file in kept.iterdir()) + len(everything[SHARD]) // 2
    with mounted(folder, "-t", "tmpfs", "-o", f"size={room}", "tmpfs"):
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        fail_to_write(project, "No space left on device", everything)
        subprocess.run(["mount", "-o", "remount,size=64M", str(folder)], check=True)

        project.run("--configfile", SMOKE, "--", *target)

        assert contents(project) == everything


@pytest.mark.parametrize("records", [True, False], ids=["with .snakemake", "without .snakemake"])
def test_moved_results(finished: Project, tmp_path: Path, records: bool) -> None:
    """Results stay finished in another checkout; verify names a file that was swapped without a new time."""
    project = copy_project(tmp_path)
    for folder in ["results", *[".snakemake"] * records]:
        shutil.copytree(finished.folder / folder, project.folder / folder, dirs_exist_ok=True)

    assert "Nothing to be done" in project.run("--configfile", SMOKE, "-n").stdout
    project.run("--configfile", SMOKE, "--", "verify")

    name = "indoor/dcnn/none/seed0/fgsm/eps0.002.parquet"
    file = project.folder / RESULTS / name
    times = file.stat()
    shutil.copyfile(file.parent.with_name("directions") / file.name, file)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns - 10**12))
    found = project.snakemake("--configfile", SMOKE, "--", "verify")
    assert found.returncode != 0
    assert f"{RESULTS / name}: changed since it was made" in found.stdout
    assert contents(project).keys() == contents(finished).keys()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Remove the permission to write to a folder, also for the superuser."""
    for place in [folder, *folder.rglob("*")]:
        place.chmod(0o555 if place.is_dir() else 0o444)
    if os.geteuid() != 0:
        yield
        return
    with mounted(folder, "--bind", str(folder)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield


def test_read_only_data(fresh: Project, v3_folder: Path, v4_folder: Path) -> None:
    """Downloads are read in place: the folder need not be writable, and no file in it changes."""
    data = fresh.folder / "data"
    data.mkdir()
    for folder in (v3_folder, v4_folder):
        folder.rename(data / folder.name)
    part = {
        "base_station": "BS7",
        "epsilons": [0.05],
        "users": {"rows": [1, 4], "row_step": 1, "column_step": 1},
        "shards": 1,
    }
    channel = {"antennas": 16, "subcarriers": 16, "bandwidth_hz": 1.0e7}
    made_up = {name: {"raw": {"folder": name}, "channel": channel} | part for name in ("v3", "v4")}
    grid = {"scenarios": ["v3", "v4"], "models": ["constant"]}
    overlay = fresh.overlay({"scenarios": made_up, "grids": [grid], "figures": []})

    def found() -> dict[Path, tuple[int, int]]:
        return {file: (file.stat().st_mtime_ns, file.stat().st_ctime_ns) for file in [data, *data.rglob("*")]}

    with read_only(data):
        before = found()
        with pytest.raises(OSError, match=r"denied|Read-only"):
            (data / "probe").touch()
        fresh.run("--configfile", overlay, "--", "adp")
        assert found() == before
    for name in made_up:
        assert (fresh.folder / "results" / name / "adp/shard-0.parquet").stat().st_size > 1000


def test_another_folder(fresh: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    """In a folder without a configuration, the one beside the Snakefile counts; the results are in this folder."""
    elsewhere = Project(tmp_path_factory.mktemp("elsewhere"))
    snakefile = str(fresh.folder / "Snakefile")

    planned = elsewhere.run("-n", "--snakefile", snakefile, "--configfile", str(fresh.folder / SMOKE), "--", "adp")
    assert "split" in planned.stdout + planned.stderr
    (elsewhere.folder / "config.yaml").write_text("{sed: 1}")
    own = elsewhere.snakemake("-n", "--snakefile", snakefile, "--", "adp")
    assert "top level: expected a known key, found 'sed'; did you mean 'seed'?" in own.stdout + own.stderr


def test_braces(fresh: Project) -> None:
    """The folder of the Snakefile may not have words in braces, which the message says."""
    renamed = Project(fresh.folder.rename(fresh.folder.with_name("x{y}")))

    refused = renamed.snakemake("-n")

    assert refused.returncode != 0
    assert "x{y}: Snakemake reads { and } as wildcards; rename this folder" in refused.stdout + refused.stderr


def test_results_at_home(fresh: Project) -> None:
    """Results go to the folder that ~ stands for."""
    overlay = fresh.overlay({"pathvars": {"results": "~/mine/"}})

    planned = fresh.jobs(overlay, target="adp")

    home = str(Path.home() / "mine")
    assert {file.startswith(f"{home}/") for job in planned for file in job["outputs"]} == {True}
