"""Tidy tables on disk: as CSV and as Parquet with equal content, where columns have types, units and meanings."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from robustloc.report import columns

TYPES = {"integer": pa.int64(), "number": pa.float64(), "word": pa.string()}


def write(paths: list[Path], table: str, frame: pd.DataFrame) -> None:
    """Write a table as CSV and as Parquet.

    Args:
        paths: the CSV file and the Parquet file.
        table: its name in `robustloc.report.columns.TABLES`.
        frame: its rows.
    """
    csv, parquet = paths
    frame.to_csv(csv, index=False, float_format="%.9g")
    schema = pa.schema(
        [
            pa.field(name, TYPES[kind], metadata={"unit": unit, "description": meaning})
            for name, (kind, unit, meaning) in columns.of(table, list(frame.columns)).items()
        ]
    )
    # Read the CSV back, so that both files have the same digits; empty fields become null.
    options = pyarrow.csv.ConvertOptions(column_types=schema, null_values=[""], strings_can_be_null=True)
    content = pyarrow.csv.read_csv(csv, convert_options=options)
    pq.write_table(content.cast(schema), parquet, compression="zstd")


def dictionary(files: list[Path]) -> pd.DataFrame:
    """List the columns of tables from their Parquet files: table, column, type, unit, meaning."""
    words = {kind: word for word, kind in TYPES.items()}
    rows = [
        (file.stem, field.name, words[field.type], field.metadata[b"unit"], field.metadata[b"description"])
        for file in files
        for field in pq.read_schema(file)
    ]
    frame = pd.DataFrame(rows, columns=["table", "column", "type", "unit", "meaning"])
    return frame.assign(unit=frame.unit.str.decode("utf-8"), meaning=frame.meaning.str.decode("utf-8"))
