"""Tables for programs: two files with equal content, and the meanings of their columns."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from robustloc.report import columns, table_files

NAN = float("nan")
FRAME = pd.DataFrame(
    {
        "scenario": ["hall", "yard, the back"],
        "seeds": [3, 1],
        "epsilon": [0.01, NAN],
        "rmse_mean_m": [1 / 3, float("inf")],
        "psr_db": [float("-inf"), -20.5],
    }
)


def test_two_files_of_one_content(tmp_path: Path) -> None:
    """Both have the same values, to the digits of the CSV; missing values are null; types are kept."""
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
    """A table without rows has its columns and types."""
    files = [tmp_path / "summary.csv", tmp_path / "summary.parquet"]
    table_files.write(files, "summary", FRAME.iloc[:0])

    assert pq.read_table(files[1]).schema.field("seeds").type == pa.int64()


def test_unknown_column(tmp_path: Path) -> None:
    """A column without a description is refused."""
    with pytest.raises(KeyError, match="table summary has no entry colour"):
        table_files.write([tmp_path / "a.csv", tmp_path / "a.parquet"], "summary", FRAME.assign(colour="red"))


def test_columns_of_attacks() -> None:
    """A pattern describes the column of each attack, and its meaning names the attack."""
    described = columns.of("leaderboard", ["clean_rmse_mean_m", "csi_pgd_rmse_mean_m", "certified_rmse_m"])

    assert [column.meaning for column in described.values()] == [
        "root mean square position error without attack, mean over seeds",
        "root mean square position error under csi_pgd, mean over seeds",
        "upper bound of the root mean square position error within that radius, mean over seeds",
    ]
    assert {column.unit for column in described.values()} == {"m"}
