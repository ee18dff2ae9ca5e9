"""The tables of a finished run: equal content for people and programs, descriptions of columns, valid LaTeX."""

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from workflow_project import Project

from robustloc.base import job_logs
from robustloc.report import columns, file_columns, table_files

DOCUMENT = r"\documentclass{article}\usepackage{booktabs}\usepackage{graphicx}\begin{document}\input{%s}\end{document}"
# overfull width [pt] that is not visible
STICKS_OUT_PT = 2.0


@pytest.fixture
def results(finished: Project) -> Path:
    """The results of the smoke experiment."""
    return finished.folder / "results" / "smoke"


# the smoke experiment compares nothing; tests/workflow/test_experiments.py makes this table
MADE = [name for name in columns.TABLES if name not in ("comparisons", "margins")]


@pytest.mark.parametrize("name", MADE)
def test_csv_and_parquet(results: Path, name: str) -> None:
    """Both have the same rows; the types are as described; the log names the inputs of the tables."""
    csv, parquet = (results / "tables" / f"{name}.{suffix}" for suffix in ("csv", "parquet"))
    text, table = pd.read_csv(csv, keep_default_na=False, na_values=[""]), pq.read_table(parquet)

    assert len(table) > 0
    pd.testing.assert_frame_equal(text, table.to_pandas(), check_dtype=False)
    for field in table.schema:
        assert field.type == table_files.TYPES[columns.of(name, [field.name])[field.name].type]
        assert (table[field.name].null_count == len(table)) <= pa.types.is_floating(field.type)
    first = csv.with_name("rmse.csv") if name == "summary" else csv  # one job writes both, and has one log
    assert job_logs.read(first)["record"]["code"].count("report.table_files@") == 1


def test_dictionary(results: Path) -> None:
    """The dictionary describes exactly the columns of the tables, as their Parquet files do."""
    listed = pd.read_csv(results / "tables/dictionary.csv", keep_default_na=False)
    markdown = (results / "tables/dictionary.md").read_text(encoding="utf-8")

    assert listed.columns.tolist() == ["table", "column", "type", "unit", "meaning"]
    made = {file.stem: pq.read_schema(file) for file in (results / "tables").glob("*.parquet")}
    assert {name: rows.column.tolist() for name, rows in listed.groupby("table")} == {
        name: schema.names for name, schema in made.items()
    }
    for row in listed.itertuples():
        metadata = made[row.table].field(row.column).metadata
        assert (metadata[b"unit"].decode(), metadata[b"description"].decode()) == (row.unit, row.meaning)
        assert row.meaning in markdown
        assert (row.unit == "m") == row.column.endswith("_m")
        assert (row.unit == "dB") == row.column.endswith("_db")


def test_no_entry_is_unused(results: Path) -> None:
    """Every described column exists, in the tables and in the files beside them."""
    for name in MADE:
        entries = columns.TABLES[name]
        found = pq.read_schema(results / "tables" / f"{name}.parquet").names
        assert {columns.entry(name, column) for column in found} == set(entries)
    for pattern, entries in file_columns.FILES.items():
        if pattern == "margin.csv":  # test_margins.py makes one
            continue
        globs = [re.sub(r"<\w+>", "*", one) for one in pattern.split(", ")]
        files = [file for one in globs for file in results.rglob(one) if file.parent.name != "tables"]
        files = [file for file in files if "clean" not in pattern or "seed0" in file.parts]
        assert files, pattern
        names = [pq.read_schema(file).names if file.suffix == ".parquet" else list(pd.read_csv(file)) for file in files]
        assert set().union(*names) == set(entries), pattern


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
@pytest.mark.parametrize("name", ["rmse", "leaderboard"])
def test_latex_compiles(results: Path, tmp_path: Path, name: str) -> None:
    """LaTeX reports no error and no overfull line; names with underscores are printed unchanged."""
    shutil.copy(results / f"tables/{name}.tex", tmp_path)
    (tmp_path / "document.tex").write_text(DOCUMENT % name)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "document"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-2000:]
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", done.stdout)]
    assert max(wide, default=0.0) < STICKS_OUT_PT
    assert "Float too large" not in done.stdout
    assert "Missing character" not in (tmp_path / "document.log").read_text(errors="replace")
    assert r"neural\_ode" in (tmp_path / f"{name}.tex").read_text(encoding="utf-8")
