"""Mistakes stop a run before any job; failures leave no mixture of old and new results."""

import hashlib
import json
import shutil
import stat
import sys
from pathlib import Path

import pandas as pd
import pytest
from workflow_project import SMOKE, Project

from robustloc.base import job_logs
from robustloc.base.files import sha256

MISTAKES = {
    "misspelt key": (
        {"training": {"epoch": 3}},
        "training: expected a known key, found 'epoch'; did you mean 'epochs'? Valid: batch_size,",
    ),
    "unknown attack": (
        {"grids": [{"scenarios": ["outdoor"], "models": ["dcnn"], "attacks": ["fgsn"]}]},
        "grids[0].attacks: expected one of the names below, found 'fgsn'; did you mean 'fgsm'? Valid: adp_apgd,",
    ),
    "negative epsilon": (
        {"scenarios": {"outdoor": {"epsilons": [-0.01]}}},
        "scenarios.outdoor.epsilons[0]: expected a number greater than 0 (in units of the scaled input), found -0.01",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_configuration(fresh: Project, mistake: str) -> None:
    """A configuration mistake stops before any job and names the key and valid values, on one screen."""
    content, message = MISTAKES[mistake]

    done = fresh.snakemake("--configfile", SMOKE, fresh.overlay(content))

    assert done.returncode != 0
    assert message in done.stderr
    assert len(done.stderr.splitlines()) < 24
    assert not (fresh.folder / "results").exists()


def test_key_twice(fresh: Project) -> None:
    """Duplicate keys of a file are named with their lines, because YAML would use only the last value of each."""
    (fresh.folder / "twice.yaml").write_text(
        "models: {a: {}}\nattacks:\n  b: {norm: l2}\n  b: {norm: linf}\nmodels: {}\n"
    )

    done = fresh.snakemake("-n", "--configfile", "twice.yaml")

    assert done.returncode != 0
    keys = "models (lines 1 and 5), attacks.b (lines 3 and 4)"
    found = f"{fresh.folder / 'twice.yaml'}: expected each key once, found duplicates: {keys}; merge their values\n"
    assert found in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("users", "shards", "message"),
    [
        ({"rows": [5, 2]}, 1, "users.rows: expected a first row that is at most the last row, found [5, 2]"),
        ({"rows": [1, 20]}, 1, "users.rows: expected rows from 1 to 10, the rows of the scenario, found [1, 20]"),
        ({"rows": [1, 1], "column_step": 50}, 4, "shards: expected at most 3, the number of selected users, found 4"),
    ],
)
def test_users_of_a_scene(fresh: Project, users: dict, shards: int, message: str) -> None:
    """Rows that the scene does not have, or more shards than users, stop the run before tracing."""
    overlay = fresh.overlay({"scenarios": {"indoor": {"users": users, "shards": shards}}})

    done = fresh.snakemake("--configfile", SMOKE, overlay, "--", "adp")

    assert done.returncode != 0
    assert message in done.stderr
    assert not (fresh.folder / "results").exists()


def broken_python(folder: Path, needle: str) -> Path:
    """A `python` that fails for commands that contain a text, as on a broken machine."""
    folder.mkdir()
    program = folder / "python"
    program.write_text(f'#!/bin/sh\ncase "$*" in *{needle}*) exit 9;; esac\nexec {sys.executable} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder


def logged(result: Path, name: str) -> str:
    """The checksum of an input in the log of a result."""
    return job_logs.read(result)["record"]["inputs"][name]


def test_failed_training(finished: Project, tmp_path: Path) -> None:
    """After an edit whose training fails, the table is the old one, and the next run trains again."""
    project = finished.copy(tmp_path / "copy")
    grid = {"scenarios": ["outdoor"], "models": ["dcnn"], "defences": ["none", "adversarial"], "attacks": ["fgsm"]}
    small = {"grids": [grid], "figures": [], "scenarios": {"outdoor": {"epsilons": [0.05]}}}
    results, localizers = project.folder / "results/smoke", [f"outdoor/dcnn/{d}/seed0" for d in ("none", "adversarial")]
    before = (results / "tables/rmse.csv").read_bytes()
    defence = {"clean_share": 0.25, "training": {"epochs": 1}}
    edited = project.overlay(small | {"training": {"epochs": 3}, "defences": {"adversarial": defence}})

    command = ("tables", "--configfile", SMOKE, edited)
    failed = project.snakemake(*command, path=broken_python(tmp_path / "bin", "stages.train"))

    assert failed.returncode != 0
    assert (results / "tables/rmse.csv").read_bytes() == before
    planned = project.planned(edited, target="tables")
    sets = ("clean.parquet", "fgsm/eps0.05.parquet")
    assert {f"{cell}/{file}" for cell in localizers for file in ("checkpoint.pt", *sets)} <= planned
    assert "tables/rmse.csv" in planned

    project.run(*command)

    assert project.planned(edited, target="tables") == set()
    for checkpoint in (results / cell / "checkpoint.pt" for cell in localizers):
        assert logged(checkpoint, "manifest.json") == sha256(results / "outdoor/manifest.json")
        assert {logged(checkpoint.parent / file, "checkpoint.pt") for file in sets} == {sha256(checkpoint)}
    assert (results / "tables/rmse.csv").read_bytes() != before
    assert len(pd.read_csv(results / localizers[0] / "training.csv")) == 3


def test_hidden_start_fails(finished: Project, tmp_path: Path) -> None:
    """If the training that a defence starts from fails, it is due again, although no grid names it."""
    grid = {"scenarios": ["outdoor"], "models": ["dcnn"], "defences": ["adversarial"], "attacks": []}
    small = {"grids": [grid], "figures": []}
    project = finished.copy(tmp_path / "copy")
    table = project.folder / "results/smoke/tables/rmse.csv"
    before = table.read_bytes()
    edited = project.overlay(small | {"training": {"batch_size": 16}})

    failed = project.snakemake("--configfile", SMOKE, edited, path=broken_python(tmp_path / "bin", "stages.train"))

    assert failed.returncode != 0
    assert table.read_bytes() == before
    localizers = {f"outdoor/dcnn/{defence}/seed0/checkpoint.pt" for defence in ("none", "adversarial")}
    assert localizers | {"tables/rmse.csv"} <= project.planned(edited)


def damaged(city: Path, folder: Path, generation: str) -> Path:
    """A copy of the city that a test can damage."""
    copy = folder / "data" / "new_york"
    shutil.copytree(city / f"new_york_{generation}", copy)
    for file in copy.iterdir():
        file.chmod(0o644)
    return copy


def raw_error(fresh: Project, base_station: object = "BS1") -> str:
    """Run the data part on a damaged city and return the output; no result may be written."""
    scenario = {"raw": {"folder": "new_york"}, "base_station": base_station}
    overlay = fresh.overlay({"scenarios": {"new_york": scenario}})
    done = fresh.snakemake("--configfile", "experiments/new_york.yaml", overlay, "--", "adp")
    assert done.returncode != 0
    assert not list(fresh.folder.rglob("*.parquet"))
    return done.stdout + done.stderr


def test_missing_folder(fresh: Project) -> None:
    """For a missing city, the message says where it was expected and what to do."""
    assert "data/new_york: no such folder; download the DeepMIMO scenario" in raw_error(fresh)


def test_all_missing_folders_at_once(fresh: Project) -> None:
    """The paper's missing downloads are named together, with the files of each generation."""
    done = fresh.snakemake("adp", "--configfile", "experiments/paper.yaml", "--config", "source=deepmimo")

    assert done.returncode != 0
    for scenario in ("O1_3p5", "I3_60"):
        assert f"data/{scenario}: no such folder; download the DeepMIMO scenario {scenario}" in done.stderr
        assert f"{scenario}.params.mat, {scenario}.Loc.mat" in done.stderr
    assert len(done.stderr.splitlines()) < 30


def test_missing_measurement(fresh: Project) -> None:
    """A missing file of channel matrices is named together with missing folders; only jobs that read it need it."""
    scenarios = {"lab": {"raw": {"csi": "lab.npz"}, "epsilons": [0.1]}, "outdoor": {"raw": {"folder": "O1"}}}
    grids = [{"scenarios": list(scenarios), "models": ["constant"]}]
    overlay = fresh.overlay({"scenarios": scenarios, "grids": grids, "figures": []})

    done = fresh.snakemake("--configfile", overlay)

    assert done.returncode != 0
    assert "scenario lab: data/lab.npz: no such file; save the channel matrices there" in done.stderr
    assert "scenario outdoor: data/O1: no such folder; download the DeepMIMO scenario" in done.stderr
    fresh.run("-n", "inspect", "--configfile", overlay)


@pytest.mark.parametrize("generation", ["v3", "v4"])
def test_wrong_base_station(fresh: Project, city: Path, generation: str) -> None:
    """For a base station that the city does not have, the message lists the existing ones."""
    damaged(city, fresh.folder, generation)

    assert "BS1 at (37.050, 28.902, 6.000)" in raw_error(fresh, [1.0, 2.0, 3.0])


def test_truncated_mat(fresh: Project, city: Path) -> None:
    """A truncated v3 file is named."""
    file = damaged(city, fresh.folder, "v3") / "BS1_UE_0-5148.mat"
    file.write_bytes(file.read_bytes()[:400_000])

    assert "BS1_UE_0-5148.mat: not a readable MATLAB file" in raw_error(fresh)


def test_nan_in_v4(fresh: Project, city: Path) -> None:
    """A user with a NaN in its paths is named."""
    import numpy as np

    file = damaged(city, fresh.folder, "v4") / "phase_t003_tx000_r000.npz"
    array = np.load(file)["phase"]
    user = int(np.flatnonzero(np.isfinite(array[:, 1]))[0])
    array[user, 0] = np.nan
    np.savez_compressed(file, phase=array)

    printed = raw_error(fresh)
    assert f"phase_t003_tx000_r000.npz: user {user}, path 0: expected a finite phase, found nan" in printed
    assert "other files have this path or a later one; download all of them again" in printed


def test_both_generations_of_the_city(fresh: Project, city: Path) -> None:
    """The experiment on the real city has equal profiles and errors on v3 and v4."""
    errors, profiles = [], []
    for generation in ("v3", "v4"):
        content = {
            "data_folder": str(city),
            "pathvars": {"results": f"results/{generation}"},
            "scenarios": {"new_york": {"raw": {"folder": f"new_york_{generation}"}, "epsilons": [0.05]}},
            "training": {"epochs": 1},
            "grids": [{"scenarios": ["new_york"], "models": ["dcnn"], "attacks": ["fgsm"]}],
            "figures": [],
        }
        results = fresh.folder / "results" / generation / "new_york"
        attacked = results / "dcnn/none/seed0/fgsm/eps0.05.parquet"
        target = str(attacked.relative_to(fresh.folder))
        fresh.run("--configfile", "experiments/new_york.yaml", fresh.overlay(content), "--", target)
        manifest = json.loads((results / "manifest.json").read_text())
        assert manifest["users"] == 5148
        assert manifest["users_without_paths"] == 5148 - 1014
        errors.append(pd.read_parquet(attacked).error_m)
        columns = pd.concat(pd.read_parquet(p) for p in sorted((results / "adp").glob("*.parquet")))
        profiles.append(hashlib.sha256(b"".join(a.tobytes() for a in columns.adp)).hexdigest())

    assert profiles[0] == profiles[1]
    pd.testing.assert_series_equal(*errors, check_exact=True)
