"""The target `margins`: its jobs, what they depend on, and what they write."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from smoke_files import NOTHING, due, matching
from workflow_project import Project

from robustloc.base.files import Files
from robustloc.report import columns, file_columns
from robustloc.stages import bisect, bisected

JUDGED = {"outdoor/dcnn/none", "outdoor/dcnn/adversarial", "outdoor/neural_ode/none", "indoor/dcnn/none"}
TABLES = {"tables/margins.csv", "tables/margins.parquet", "tables/margins.md"}
PLUGIN = {"plugin": "gradient", "norm": "linf", "parameters": {"steps": 3, "step": 2.5, "random_start": True}}
CONFIG = {
    "cell": {"scenario": "outdoor", "model": "dcnn", "defence": "none", "seed": 0, "attack": "pgd"},
    "seed": 0,
    "attack": PLUGIN,
    "users": 6,
    "search": {"tolerance_m": 10.0, "largest_epsilon": 0.1, "bisections": 3},
}


def test_plan(finished: Project) -> None:
    """The target searches on every judged localizer and merges the results; a default run does not."""
    assert due(finished.jobs(target="margins")) == {f"{cell}/seed0/margin.csv" for cell in JUDGED} | TABLES
    assert not any(map(matching("*margin*"), finished.jobs()))


def test_plan_of_a_figure(finished: Project) -> None:
    """A figure of kind margin makes the searches due that it shows, and no table of them."""
    figure = {"name": "m", "kind": "margin", "scenario": "outdoor", "models": ["dcnn"], "defences": ["adversarial"]}
    found = due(finished.jobs(finished.overlay({"figures": [figure]}), target="figure_m"))

    assert {file for file in found if "margin" in file} == {"outdoor/dcnn/adversarial/seed0/margin.csv"}


def test_edits(finished: Project) -> None:
    """Edits of the search and of its configuration make nothing else due."""
    with finished.edited("src/robustloc/robustness/bisection.py", lambda text: f"{text}\n_EDITED = 1\n"):
        assert due(finished.jobs()) == NOTHING
    assert due(finished.jobs(finished.overlay({"margins": {"users": 5, "attack": "pgd_linf"}}))) == NOTHING


def test_files(finished: Project, tmp_path: Path) -> None:
    """Each user of the subset has a row with the documented columns; the same job gives the same bytes."""
    place = finished.folder / "results/smoke/outdoor"
    inputs = {name: [place / file] for name, file in (("manifest", "manifest.json"), ("test", "test.parquet"))}
    inputs["checkpoint"], margins = [place / "dcnn/none/seed0/checkpoint.pt"], [tmp_path / "a.csv", tmp_path / "b.csv"]
    for file in margins:
        bisect.run(CONFIG, Files(inputs), Files(margin=[file]))
    table = [tmp_path / "margins.csv", tmp_path / "margins.parquet"]
    bisected.run({}, Files(margins=margins[:1]), Files(table=table, markdown=[tmp_path / "margins.md"]))

    assert margins[0].read_bytes() == margins[1].read_bytes()
    rows = pd.read_csv(margins[0])
    assert rows.columns.tolist() == [*file_columns.FILES["margin.csv"]]
    assert len(rows) == CONFIG["users"]
    assert set(rows.resolution) == {0.1 / 8}
    assert pq.read_schema(table[1]).names == [*columns.TABLES["margins"]]
    assert len((tmp_path / "margins.md").read_text().splitlines()) == 3
