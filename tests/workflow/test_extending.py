"""A column of rmse.csv and a check of the verdict: two edited files each, and no set is attacked again."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from test_templates import files
from workflow_project import SMOKE, Project

# file -> the line that is added, and the beginning of the line that follows it
COLUMN = {
    "src/robustloc/report/columns.py": (
        '        "p99_m": Column("number", "m", "99th percentile of the position error"),\n',
        '        "psr_db": PSR,\n        **USERS,\n        "target_rmse_m"',
    ),
    "src/robustloc/report/statistics.py": (
        '        "p99_m": float(np.percentile(error, 99)),\n',
        "    }\n\n\ndef rmse_interval",
    ),
}
CHECK = {
    "src/robustloc/robustness/verdict.py": (
        '    yield "C9", "PGD / one step", *_least(f["ladder_rmse_m"] / f["one_step_rmse_m"], limits["steps"])\n',
        '    yield "P3", ',
    ),
    "config.schema.yaml": (
        '          steps: {type: number, minimum: 0, default: 0.9, description: "C9"}\n',
        "          closed_form: {",
    ),
}
CRAFTING = {"trace", "shard", "split", "csi", "train", "clean", "attack", "worst", "examine", "converge", "transfer"}
CRAFTING |= {"certify"}


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A finished run that a test may change."""
    return finished.copy(tmp_path / "copy")


def add(project: Project, lines: dict[str, tuple[str, str]]) -> None:
    """Add a line to each file, and see that these are two files and that no set is due."""
    before = files(project)
    for name, (line, following) in lines.items():
        file = project.folder / name
        text = file.read_text()
        assert text.count(following) == 1, f"{name}: expected once {following}"
        file.write_text(text.replace(following, line + following))

    after = files(project)
    assert sorted(name for name in after if after[name] != before.get(name)) == sorted(lines)
    assert len(lines) == 2
    assert not CRAFTING & {job["rule"] for job in project.jobs() if job["is_due"]}


def test_column(project: Project) -> None:
    """A column is its line in columns.py and its computation; CSV, Parquet and its meaning follow."""
    add(project, COLUMN)
    tables = project.folder / "results/smoke/tables"

    project.run("results/smoke/tables/rmse.csv", "--configfile", SMOKE)

    rmse = pd.read_csv(tables / "rmse.csv")
    assert (rmse.p99_m >= rmse.p95_m).all()
    meaning = pq.read_schema(tables / "rmse.parquet").field("p99_m").metadata[b"description"]
    assert meaning == b"99th percentile of the position error"


def test_check_of_the_verdict(project: Project) -> None:
    """A check is its line in verdict.py and its limit in the schema; every localizer is judged by it."""
    add(project, CHECK)
    tables = project.folder / "results/smoke/tables"

    project.run("verdicts", "--configfile", SMOKE)

    checks = pd.read_csv(tables / "verdicts.csv")
    names = ["scenario", "model", "defence", "seed"]
    assert len(checks[checks.check == "C9"]) == len(checks[names].drop_duplicates())
