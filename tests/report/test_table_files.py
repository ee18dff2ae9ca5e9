"""Tables for machines: two files of one content, and what their columns mean."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from robustloc.report import columns, layout, table_files

PAGE = Path(__file__).parent.parent.parent / "docs" / "tables.md"
NAN = float("nan")
INTRODUCTION = """# Columns of tables and files

Written by `python tests/test_tidy.py > docs/tables.md` from [`columns.py`](../src/robustloc/report/columns.py).
`results/tables/dictionary.md` lists those of the tables that a run made, and their Parquet files carry them:
`pyarrow.parquet.read_schema(file).field(name).metadata`.

Units: `1` of counts and shares, `input` of the [scaled input](conventions.md#input-scale-and-epsilon), none of words.
What is missing is an empty field in CSV and null in Parquet. `number[3]` is a list of three.
"""
FRAME = pd.DataFrame(
    {
        "scenario": ["hall", "yard, the back"],
        "seeds": [3, 1],
        "epsilon": [0.01, NAN],
        "rmse_mean_m": [1 / 3, float("inf")],
        "psr_db": [float("-inf"), -20.5],
    }
)


def page() -> str:
    """Write docs/tables.md anew."""
    words = {"{under}": "under the attack; `clean_…`: without one", "{attack}": "`<attack>`"}
    parts = [INTRODUCTION]
    named = {f"tables/{name}.csv, tables/{name}.parquet": entries for name, entries in columns.TABLES.items()}
    for file, entries in (named | columns.FILES).items():
        rows = pd.DataFrame([(name, *entry) for name, entry in entries.items()])
        text = layout.pipes(rows.set_axis(["column", "type", "unit", "meaning"], axis=1), left=4)
        for old, new in words.items():
            text = text.replace(old, new)
        parts.append(f"## {file}\n\n{text}")
    return "\n".join(parts)


def test_page() -> None:
    """The page holds what the module says; no meaning breaks its table."""
    assert PAGE.read_text(encoding="utf-8") == page()
    assert not [entry for entries in columns.TABLES.values() for entry in entries.values() if "|" in entry.meaning]


def test_two_files_of_one_content(tmp_path: Path) -> None:
    """Both hold the same values, to the digits of the CSV; what is missing is null, words and integers are such."""
    files = [tmp_path / "summary.csv", tmp_path / "summary.parquet"]
    table_files.write(files, "summary", FRAME)
    read = pq.read_table(files[1])

    pd.testing.assert_frame_equal(pd.read_csv(files[0]), read.to_pandas(), check_dtype=False)
    assert read.schema.types == [pa.string(), pa.int64(), pa.float64(), pa.float64(), pa.float64()]
    assert read["rmse_mean_m"].to_pylist() == [0.333333333, float("inf")]
    assert read["epsilon"].to_pylist() == [0.01, None]
    assert read.schema.field("rmse_mean_m").metadata[b"unit"] == b"m"
    assert b"root mean square" in read.schema.field("rmse_mean_m").metadata[b"description"]


def test_table_without_rows(tmp_path: Path) -> None:
    """Has its columns and types all the same."""
    files = [tmp_path / "summary.csv", tmp_path / "summary.parquet"]
    table_files.write(files, "summary", FRAME.iloc[:0])

    assert pq.read_table(files[1]).schema.field("seeds").type == pa.int64()


def test_unknown_column(tmp_path: Path) -> None:
    """A column that nobody described is not written."""
    with pytest.raises(KeyError, match="table summary has no entry colour"):
        table_files.write([tmp_path / "a.csv", tmp_path / "a.parquet"], "summary", FRAME.assign(colour="red"))


def test_columns_of_attacks() -> None:
    """A pattern stands for one column of every attack, and says of which."""
    described = columns.of("leaderboard", ["clean_rmse_mean_m", "csi_pgd_rmse_mean_m", "certified_rmse_m"])

    assert [column.meaning.rpartition("error ")[2] for column in described.values()] == [
        "without attack",
        "under csi_pgd",
        "under every attack within that radius",
    ]
    assert {column.unit for column in described.values()} == {"m"}


if __name__ == "__main__":
    print(page(), end="")
