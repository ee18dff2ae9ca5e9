"""A newcomer's plugins, copied from the templates: they pass the contract tests; a model reaches the leaderboard."""

import os
import re
import shutil
from pathlib import Path

import command_line
import pandas as pd
from workflow_project import PARTS, ROOT, SMOKE, Project

from robustloc.base import job_logs

EXPERIMENT = "experiments/mine.yaml"
ROOMS = {
    "model": "models",
    "attack": "attacks",
    "defence": "defences",
    "scene": "data/scenes",
    "format": "data/formats",
}
PLUGINS = {kind: f"src/robustloc/{room}/mine.py" for kind, room in ROOMS.items()}


def copy_template(project: Project, name: str, place: str) -> None:
    """Copy a template to the path that its first line names."""
    template = ROOT / "templates" / name
    assert f"copy it to {place}" in template.read_text()
    shutil.copyfile(template, project.folder / place)


def files(project: Project) -> dict[str, bytes]:
    """Every file of the checkout, by name."""
    roots = [project.folder / part for part in PARTS]
    found = [file for root in roots for file in (root.rglob("*") if root.is_dir() else [root]) if file.is_file()]
    kept = [file for file in found if "__pycache__" not in file.parts]
    return {str(file.relative_to(project.folder)): file.read_bytes() for file in kept}


def test_contracts(fresh: Project) -> None:
    """The project's contract tests find the templates, and the templates pass."""
    for kind, place in PLUGINS.items():
        copy_template(fresh, f"{kind}.py", place)
    shutil.copytree(ROOT / "tests", fresh.folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "pyproject.toml", fresh.folder)

    arguments = ["-q", "-p", "no:cacheprovider", "-k", "mine"]
    arguments += [f"tests/{room}/test_{kind}s.py" for kind, room in ROOMS.items()]
    done = command_line.shared().run(fresh.folder, "pytest", arguments, dict(os.environ))

    assert done.returncode == 0, done.stdout
    # tests of the model, the attack in both norms, the defence, the scene and the format
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 8 + 2 * 6 + 2 + 3 + 1


def test_model_reaches_the_leaderboard(finished: Project, tmp_path: Path) -> None:
    """With two files and one command the model is trained, attacked, judged and ranked; the DCNN is not remade."""
    project = finished.copy(tmp_path / "copy")
    before = files(project)
    other = project.folder / "results/smoke/indoor/dcnn/none/seed0/checkpoint.pt"
    made = other.stat().st_mtime_ns

    copy_template(project, "model.py", PLUGINS["model"])
    copy_template(project, "experiment.yaml", EXPERIMENT)
    project.run("--configfile", SMOKE, EXPERIMENT)

    after = files(project)
    assert after.keys() - before.keys() == {PLUGINS["model"], EXPERIMENT}
    assert before.items() <= after.items()
    assert other.stat().st_mtime_ns == made
    tables = project.folder / "results/smoke/tables"
    board = pd.read_csv(tables / "leaderboard.csv", keep_default_na=False)
    (row,) = board[(board.model == "mine") & (board.defence == "none")].to_dict("records")
    assert float(row["clean_rmse_mean_m"]) > 0
    assert float(row["worst_rmse_mean_m"]) >= float(row["clean_rmse_mean_m"])
    assert row["verdict"] in ("OK", "UNCONVERGED", "PROTOCOL", "MASKED")
    assert int(row["parameters"]) > 0
    assert re.search(rf"^\| mine +\| none +\| {row['verdict']} ", (tables / "leaderboard.md").read_text(), re.MULTILINE)


def test_attack_and_defence(finished: Project, tmp_path: Path) -> None:
    """The commented parts of the experiment template work: a cell of the attack, a cell under the defence."""
    project = finished.copy(tmp_path / "copy")
    for kind in ("model", "attack", "defence"):
        copy_template(project, f"{kind}.py", PLUGINS[kind])
    text = (ROOT / "templates/experiment.yaml").read_text()
    head, body = text.split("models:\n", maxsplit=1)
    body = re.sub(r"^( *)# (?=attacks:|defences:|  mine:|- )", r"\1", body, flags=re.MULTILINE)
    (project.folder / EXPERIMENT).write_text(f"{head}models:\n{body}")
    attacked, defended = (
        f"results/smoke/indoor/dcnn/{cell}/eps0.002.parquet" for cell in ("none/seed0/mine", "mine/seed0/mine")
    )

    project.run("--configfile", SMOKE, EXPERIMENT, "--", attacked, defended)

    own = pd.read_parquet(project.folder / attacked)
    assert (own.linf <= 0.002 * 1.001).all()
    assert own.error_m.pow(2).mean() > own.clean_error_m.pow(2).mean()
    made_from = job_logs.read((project.folder / defended).parents[1] / "checkpoint.pt")["record"]
    assert made_from["config"]["defence"] == {"plugin": "mine", "parameters": {"share": 0.1}, "attacks": []}
