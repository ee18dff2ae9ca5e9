"""Other programs open the files of a finished run: old and small readers of Parquet, GNU Octave."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy.io import savemat
from workflow_project import ROOT, Project

from robustloc.robustness import adversarial_set

# What pyarrow 15, fastparquet and DuckDB all read. Of byte streams, fastparquet reads none, pyarrow 15 no integers.
FOOTER = {
    "encodings": {"PLAIN", "RLE", "PLAIN_DICTIONARY", "RLE_DICTIONARY"},
    "compression": {"UNCOMPRESSED", "SNAPPY", "ZSTD"},
    "physical_type": {"INT32", "INT64", "FLOAT", "DOUBLE", "BYTE_ARRAY"},
}
KINDS = ("adp/shard-0", "split", "test", "csi", "clean", "fgsm/eps0.002", "csi_pgd/psr-20", "tables/rmse")
# no package of Octave is needed; %q is a word, quoted if it holds a comma
OCTAVE = """
file = fopen('{file}'); names = strsplit(fgetl(file), ',');
columns = textscan(file, '{form}', 'Delimiter', ',', 'EmptyValue', NaN); fclose(file);
printf('%d ', numel(names), numel(columns{{1}})); printf('%.12g ', columns{{{column}}});
"""


@pytest.fixture(scope="module")
def results(finished: Project) -> Path:
    """The results of the smoke experiment."""
    return finished.folder / "results/smoke"


def octave(program: str) -> list[float]:
    """Run a program in GNU Octave and return the numbers that it prints."""
    command = shutil.which("octave-cli") or shutil.which("octave")
    if not command:
        pytest.skip("GNU Octave is not installed")
    done = subprocess.run([command, "--quiet", "--eval", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [float(word) for word in done.stdout.split()]


def test_parquet_footers(results: Path) -> None:
    """Every file has a format version, encodings, a compression and types that all readers know."""
    files = sorted(results.rglob("*.parquet"))
    for kind in KINDS:
        assert any(str(file.with_suffix("")).endswith(kind) for file in files), f"no file of kind {kind}"
    for file in files:
        footer = pq.read_metadata(file)
        assert footer.format_version in ("1.0", "2.4", "2.6"), file
        for group in range(footer.num_row_groups):
            for number in range(footer.num_columns):
                column = footer.row_group(group).column(number)
                for key, known in FOOTER.items():
                    value = getattr(column, key)
                    found = set(value) if key == "encodings" else {value}
                    assert found <= known, f"{file}: {column.path_in_schema}: {key} {found - known}"


@pytest.mark.parametrize("name", ["rmse", "summary", "leaderboard", "verdicts"])
def test_tables_in_octave(results: Path, name: str) -> None:
    """A table has its columns and rows, and a column of numbers its values; empty fields are NaN."""
    file = results / f"tables/{name}.csv"
    table = pd.read_csv(file, keep_default_na=False, na_values=[""])
    words = [not pd.api.types.is_numeric_dtype(table[column]) for column in table]
    column = max(number for number, word in enumerate(words) if not word)
    form = " ".join("%q" if word else "%f" for word in words)

    columns, rows, *values = octave(OCTAVE.format(file=file, form=form, column=column + 1))

    assert (columns, rows) == (len(table.columns), len(table))
    pd.testing.assert_series_equal(pd.Series(values), table.iloc[:, column], check_names=False, check_dtype=False)


def test_documented_lines_for_octave(results: Path) -> None:
    """The lines in docs/library.md read every column of the table of errors."""
    lines = (ROOT / "docs/library.md").read_text().split("```octave\n")[1].split("```")[0]

    program = f"cd('{results.parent.parent}'); {lines} printf('%.12g ', numel(columns{{end}}), rmse_m);"
    rows, *values = octave(program)
    table = pd.read_csv(results / "tables/rmse.csv")
    assert rows == len(table)
    assert values == pytest.approx(table.rmse_m.tolist(), rel=1e-9)


def test_set_in_octave(results: Path, tmp_path: Path) -> None:
    """A set that is saved as in docs/library.md has its users and profiles."""
    file = results / "indoor/dcnn/none/seed0/fgsm/eps0.002.parquet"
    columns = adversarial_set.read(file, adversarial_set.names(file))
    savemat(tmp_path / "set.mat", columns, oned_as="column")

    program = f"load('{tmp_path}/set.mat'); printf('%.12g ', size(adp), size(user), mean(error_m), adp(2, 3))"

    *sizes, mean, pixel = octave(program)
    assert sizes == [*columns["adp"].shape, len(columns["user"]), 1]
    assert mean == pytest.approx(columns["error_m"].mean(), rel=1e-9)
    assert pixel == pytest.approx(columns["adp"][1, 2], rel=1e-6)
