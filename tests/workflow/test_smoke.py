"""The whole workflow once, from a traced scene to the figures, and its results."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch
from workflow_project import SMOKE, Project

from robustloc.base import job_logs
from robustloc.base.files import sha256
from robustloc.robustness import adversarial_set

COLUMNS = [
    "scenario", "model", "defence", "seed", "attack", "epsilon", "budget",
    "rmse_m", "rmse_low_m", "rmse_high_m", "mean_m", "median_m", "p90_m", "p95_m", "moved_share", "tolerance_m",
    "psr_db", "n_users",
    "target_rmse_m", "verdict", "parameters", "multiply_adds", "set_sha256",
]  # fmt: skip


def test_table(finished: Project) -> None:
    """One row per cell of the grids and no NaN; larger budgets give perturbations of more power."""
    table = pd.read_csv(finished.folder / "results/smoke/tables/rmse.csv")

    assert table.columns.tolist() == COLUMNS
    assert len(table) == 2 + 3 * (1 + 2 * 2) + 12 + 2
    targeted = table.attack == "to_north"
    assert (table.target_rmse_m.notna() == targeted).all()
    assert not table.drop(columns="target_rmse_m").isna().any().any()
    assert set(table.budget) == {"linf", "none", "psr_db"}
    assert (table[table.attack == "clean"].psr_db == -np.inf).all()
    attacked = table[table.attack == "fgsm"].query("scenario == 'outdoor'").set_index(["model", "defence", "epsilon"])
    assert (attacked.xs(0.05, level="epsilon").psr_db > attacked.xs(0.01, level="epsilon").psr_db).all()


def test_everything_is_there(finished: Project) -> None:
    """The tables exist as CSV, Markdown and LaTeX; each localizer has a training log."""
    results = finished.folder / "results" / "smoke"

    for name in (
        "tables/summary.csv",
        "tables/rmse.md",
        "tables/rmse.tex",
        "tables/leaderboard.md",
        "tables/certified.md",
    ):
        assert (results / name).stat().st_size > 500
    log = pd.read_csv(results / "outdoor/dcnn/none/seed0/training.csv")
    assert log.columns.tolist() == ["epoch", "training_loss", "validation_loss", "validation_rmse_m", "gradients"]
    assert len(log) == 2
    assert not list(results.rglob("*.tmp"))
    assert not list(results.rglob(".train-*"))


def test_set_is_what_its_localizer_does(finished: Project) -> None:
    """A set has the test users, its localizer's predictions and its budget; its log names its origin."""
    results = finished.folder / "results" / "smoke" / "outdoor"
    path = results / "dcnn/adversarial/seed0/pgd_linf/eps0.05.parquet"
    columns = pq.read_table(path).to_pydict()
    inputs = job_logs.read(path)["record"]["inputs"]

    assert columns["user"] == pq.read_table(results / "test.parquet")["user"].to_pylist()
    np.testing.assert_allclose(
        np.linalg.norm(np.subtract(columns["prediction"], columns["position"]), axis=1), columns["error_m"]
    )
    assert max(columns["linf"]) <= 0.05 * (1 + 1e-4)
    assert adversarial_set.described(path)["spent"]["largest_linf"] == pytest.approx(max(columns["linf"]))
    assert inputs["checkpoint.pt"] == sha256(results / "dcnn/adversarial/seed0/checkpoint.pt")
    assert adversarial_set.cell(path)["budget"] == "linf"


def test_worst_of_an_ensemble(finished: Project) -> None:
    """Each user has its worst example and the name of its attack; the attack on the channel keeps its budget."""
    folder = finished.folder / "results" / "smoke" / "indoor" / "dcnn" / "none" / "seed0"
    members = {
        name: pd.read_parquet(folder / name / "eps0.002.parquet") for name in ("pgd_linf", "directions", "square")
    }
    worst = pd.read_parquet(folder / "worst" / "eps0.002.parquet")

    errors = pd.DataFrame({name: one.error_m for name, one in members.items()})
    np.testing.assert_array_equal(worst.error_m, errors.max(axis=1))
    for row, user in worst.iterrows():
        np.testing.assert_array_equal(user.adp, members[user.attack].adp[row])
    inputs = job_logs.read(folder / "worst" / "eps0.002.parquet")["record"]["inputs"]
    assert inputs == {f"{name}/eps0.002.parquet": sha256(folder / name / "eps0.002.parquet") for name in members}
    sent = pd.read_parquet(folder / "csi_pgd" / "psr-20.parquet")
    np.testing.assert_allclose(sent.psr_db, -20, atol=1e-3)


def test_verdicts(finished: Project) -> None:
    """Every attacked localizer has all checks and one verdict, which is in each of its rows."""
    tables = finished.folder / "results" / "smoke" / "tables"
    checks, table = pd.read_csv(tables / "verdicts.csv"), pd.read_csv(tables / "rmse.csv")

    localizer = ["scenario", "model", "defence", "seed"]
    assert checks.groupby(localizer).size().tolist() == [19] * 4
    words = checks.drop_duplicates([*localizer, "verdict"])
    assert len(words) == 4
    merged = table.merge(words[[*localizer, "verdict"]], on=localizer, suffixes=("", "_of_checks"))
    assert (merged.verdict == merged.verdict_of_checks).all()
    assert set(table[table.model == "constant"].verdict) == {"none"}
    asked = checks[checks.check == "C5"]
    assert (asked.passed.ne("not asked") == asked.model.eq("neural_ode")).all()


def test_leaderboard(finished: Project) -> None:
    """One row per localizer, with its errors without and under attack, its size and the cost of its training."""
    board = pd.read_csv(finished.folder / "results/smoke/tables/leaderboard.csv")

    assert len(board) == 2 + 3 + 1 + 2
    attacked = board[board.verdict != "none"]
    assert len(attacked) == 4
    assert (attacked.fgsm_rmse_mean_m > attacked.clean_rmse_mean_m).all()
    sizes = board.set_index(["scenario", "model", "defence"])
    assert sizes.loc["outdoor", "constant", "none"].parameters == 0
    assert (
        sizes.loc["outdoor", "neural_ode", "none"].parameters
        == sizes.loc["outdoor", "neural_ode_euler", "none"].parameters
    )
    cost = sizes.gradients.xs("outdoor")
    assert cost["constant", "none"] == 0
    assert cost["dcnn", "none"] == cost["neural_ode_euler", "none"] == 2  # epochs
    # one gradient per user and epoch; half of each batch has one or three more
    assert 2 + 4 * 1.5 <= cost["dcnn", "adversarial"] <= 2 + 4 * 2.5


def test_certificates(finished: Project) -> None:
    """The certified errors grow with the radius, from the smoothed estimate's own error, and have a power in dB."""
    table = pd.read_csv(finished.folder / "results/smoke/tables/certified.csv")

    assert table.radius.tolist()[0] == 0.0
    assert len(table) == 6
    assert table.certified_rmse_m.is_monotonic_increasing
    assert table.psr_db.is_monotonic_increasing
    assert np.isfinite(table.certified_rmse_m).all()


def test_swapped_solver(finished: Project) -> None:
    """A model with the weights of another one and another solver has equal weights and other estimates."""
    outdoor = finished.folder / "results" / "smoke" / "outdoor"
    one, other = (
        torch.load(outdoor / name / "none/seed0/checkpoint.pt") for name in ("neural_ode", "neural_ode_euler")
    )
    clean = [
        pd.read_parquet(outdoor / name / "none/seed0/clean.parquet") for name in ("neural_ode", "neural_ode_euler")
    ]

    assert all(torch.equal(value, other["state"][key]) for key, value in one["state"].items())
    assert one["model"] != other["model"]
    assert not np.allclose(clean[0].error_m, clean[1].error_m)


def test_manifest_counts(finished: Project) -> None:
    """The manifest counts every user once."""
    manifest = json.loads((finished.folder / "results/smoke/outdoor/manifest.json").read_text())

    assert manifest["users"] == 6 * 46 == sum(manifest["parts"].values())
    assert sum(shard["users"] for shard in manifest["shards"]) == manifest["users"]


def test_second_run_has_nothing_to_do(finished: Project, tmp_path: Path) -> None:
    """Nothing is due after a finished run, also if the checkout is touched."""
    finished = finished.copy(tmp_path / "copy")  # other tests need the original times
    assert "Nothing to be done" in finished.run("--configfile", SMOKE).stderr
    for file in [
        *finished.folder.glob("src/**/*.py"),
        *finished.folder.glob("rules/*"),
        finished.folder / "config.yaml",
    ]:
        file.touch()
    for file in finished.folder.glob("results/smoke/outdoor/raw/*"):
        file.touch()
    assert finished.planned() == set()


def test_same_bytes_again(finished: Project, fresh: Project) -> None:
    """The same configuration gives the same bytes in another folder, from the trace to the adversarial set."""
    name = "results/smoke/outdoor/dcnn/adversarial/seed0/pgd_linf/eps0.05.parquet"
    fresh.run("--configfile", SMOKE, "--", name)

    made = [
        file.relative_to(fresh.folder)
        for file in fresh.folder.glob("results/smoke/outdoor/**/*")
        if file.is_file() and not file.name.endswith(".job.json")
    ]
    assert len(made) >= 18
    for file in made:
        assert (fresh.folder / file).read_bytes() == (finished.folder / file).read_bytes(), file


def test_default_plans_everything(fresh: Project) -> None:
    """The default experiment plans the paper's 200 adversarial sets, the sets of Fig. 8, and their figures."""
    planned = fresh.run("-n", "--quiet", "rules").stdout
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", planned, flags=re.MULTILINE))

    examined = 6 * 4 + 4  # sets of verdicts that the grids do not name
    assert jobs["attack"] == str(8 * 7 * 5 + 8 * (2 + 2) + 6 * 5 + 4 * (3 + 2) + examined)
    assert jobs["worst"] == str(8 * (1 + 2) + 4 * (1 + 2))
    assert jobs["converge"] == str(8 + 4)
    assert jobs["examine"] == str(8 + 6 + 4)
    assert "certify" not in jobs


def test_inspect(fresh: Project, v3_folder: Path) -> None:
    """The target prints what is in data_folder, then what cannot be read; the log has all of it and the progress."""
    shutil.copytree(v3_folder, v3_folder.parent / "broken")
    (v3_folder.parent / "broken" / "params.mat").write_bytes(b"")

    done = fresh.snakemake("inspect", "--config", f"data_folder={v3_folder.parent}")

    assert done.returncode != 0
    printed = done.stdout
    place = v3_folder.parent
    assert f"error: {place}/broken/params.mat: not a readable MATLAB file" in printed
    assert printed.index("v3: DeepMIMO v3, carrier 3.5 GHz") < printed.index("error: ")
    log = (fresh.folder / "results/logs/inspect.log").read_text()
    begin = printed.index(f"{place}/broken: not readable")
    end = printed.index("\n", printed.index("error: "))
    assert all(line in log.splitlines() for line in printed[begin:end].splitlines())
    assert "station/s]" in log
