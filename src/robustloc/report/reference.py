"""The page docs/tables.md: every file of a run, and every column of its tables.

Run ``python -m robustloc.report.reference > docs/tables.md`` after an edit of this file, columns.py or file_columns.py.
"""

import pandas as pd

from robustloc.report import columns, file_columns, layout

HEAD = """# Files and columns

This page is generated: `python -m robustloc.report.reference > docs/tables.md`. Edit
[`columns.py`](../src/robustloc/report/columns.py) (tables),
[`file_columns.py`](../src/robustloc/report/file_columns.py) (files of scenarios and localizers) and
[`reference.py`](../src/robustloc/report/reference.py) (the rest) instead.
A run writes the same descriptions of its own tables to `tables/dictionary.csv` and `tables/dictionary.md`. The files
`tables/*.parquet` carry them, too: `pyarrow.parquet.read_schema(file).field(name).metadata`.

## Files

`results/` is the folder of the experiment. A named experiment has its tables, figures, report and provenance in
`results/experiments/<name>/` instead; all other files are where this list shows them.
"""

COLUMNS = """## Columns

* Units: `1` is a count or a share, `input` is the [scaled input](data.md#input-scale-and-epsilon), words have none.
* A missing value is an empty field in CSV and null in Parquet.
* `number[3]` is a list of three numbers.
* pyarrow from version 15, fastparquet and DuckDB read every Parquet file.
* [MATLAB and GNU Octave](library.md#matlab-and-octave) read the CSV files, and sets that are saved for them.
* Tables for people and the report mark fewer than 30 test users with *few*: their intervals and differences are
  unreliable.
"""

UNDER = "under the attack (clean: without attack)"
LOCALIZER = "results/<scenario>/<model>/<defence>/seed<n>/"

FILES = {
    "results/<scenario>/raw/": "an embedded scene after tracing, as a DeepMIMO v4 scenario",
    "results/<scenario>/adp/shard-<i>.parquet": "users with their linear profiles",
    "results/<scenario>/split.parquet": "the part of each user: train, validation, test or unused",
    "results/<scenario>/test.parquet": "the columns of the shards, for test users only",
    "results/<scenario>/manifest.json": "the data set: shape, counts, scale, conventions, shards with checksums",
    "results/<scenario>/csi.parquet": "channel matrices of test users and some training users, if an attack needs them",
    "results/<scenario>/transfer-seed<n>.csv": "per localizer and user: largest error under the examples of others",
    f"{LOCALIZER}checkpoint.pt": "weights, and how to build the network; loads with `weights_only=True`",
    f"{LOCALIZER}training.csv": "one row per epoch",
    f"{LOCALIZER}clean.parquet": "per test user: estimate and error without attack",
    f"{LOCALIZER}<attack>/eps<epsilon>.parquet": "per test user: estimate, error and perturbation",
    f"{LOCALIZER}<attack>/psr<decibels>.parquet": "the same for an attack over the air",
    f"{LOCALIZER}examination.json": "the values that the verdict depends on",
    f"{LOCALIZER}convergence.csv": "per user of a subset: error under `worst`, and under a longer attack",
    f"{LOCALIZER}certificate.csv": "one row per radius, for a smoothed localizer: certified errors and power",
    f"{LOCALIZER}margin.csv": "one row per user of a subset: the smallest epsilon that moves the estimate too far",
    "results/tables/rmse.csv": "one row per localizer, attack and budget",
    "results/tables/summary.csv": (
        "the same over seeds. Intervals are over seeds (Student's t) and users (a bootstrap that draws the same users "
        "for all seeds). With one seed they are over users only and hold for this seed"
    ),
    "results/tables/leaderboard.csv, .md, .tex": (
        "one row per scenario, model and defence, best first: by `worst`. Rows without `worst` come last, by `clean`. "
        "All attacks are at one epsilon, the one nearest to `reference_epsilon` (the smaller of two)"
    ),
    "results/tables/convergence.csv, .md": "per localizer: `worst` beside an attack of at least 10 times its cost",
    "results/tables/comparisons.csv, .md, .tex": (
        "one row per pair under `comparisons`, attack and budget: the difference of the errors, and what it shows. "
        "Seeds and users are paired, and all rows are one family for Holm's correction. One seed of trained weights "
        "shows nothing about other trainings, so such rows have no p-value"
    ),
    "results/tables/certified.csv, .md": "one row per smoothed localizer and radius",
    "results/tables/margins.csv, .md": "of `snakemake margins`: per attacked localizer, quantiles of `margin.csv`",
    "results/tables/verdicts.csv, .md": "one row per localizer and check; the `.md` has the failed checks only",
    "results/tables/<table>.parquet": "the content of `<table>.csv`; columns have types, units and meanings",
    "results/tables/rmse.md, .tex": (
        "RMSE as the paper shows it, with verdicts and sizes. `.md`: a table per scenario, a column per localizer. "
        "`.tex`: a table per scenario and attack, a row per localizer (packages booktabs and graphicx)"
    ),
    "results/tables/matrices.md": "the values of the figures of kind `matrix`",
    "results/tables/dictionary.csv, .md": "one row per column of the tables: type, unit, meaning",
    "results/figures/<figure>.png, .pdf, .txt": "a figure, and its caption as one line of plain text",
    "results/figures/<figure>.csv": "the values of the figure; it is drawn from this file alone",
    "results/figures/map_<scenario>_<model>.csv": (
        "per defence, attack and test user: `x_m`, `y_m`, `line_of_sight`; `error_m` is the root mean square over seeds"
    ),
    "results/figures/cdf_<scenario>_<model>.csv": (
        "per defence, attack and `line_of_sight`: a share of the users, the quantile of the error at that share "
        "(`error_mean_m`), and its standard deviation over seeds"
    ),
    "results/figures/<figure of kind margin>.csv": "per localizer: a share of the users, and the epsilon that moves it",
    "results/figures/power_<scenario>_<model>.csv": "rows of `summary.csv`",
    "results/figures/gallery_<scenario>_<model>.csv": (
        "per user (largest, median, smallest damage) and panel: the rows of an image in numbered columns, or positions "
        "x, y, z [m]; `test users` are all test users"
    ),
    "results/report.html": "everything on one page that opens offline; it holds times, which differ between runs",
    "results/provenance.json": (
        "per rule: jobs, seconds of work, processor time of start-up, largest memory. Also versions, hardware, first "
        "and last end, checksums of raw files and of all results"
    ),
    "<folder>/.<file>.job.json": (
        "the log of a job, beside its first output. `record`: configuration, code, checksums of inputs, package "
        "versions. `outputs`: checksums. `run`: host, processor, cores, memory, GPU, end, seconds of work, peak memory"
    ),
    "results/logs/": "what each job printed, in the same folders as its results",
}  # fmt: skip


def page() -> str:
    """Write the whole page as Markdown."""
    files = "".join(f"* `{file}`: {content}\n" for file, content in FILES.items())
    tables = {f"tables/{name}.csv, tables/{name}.parquet": entries for name, entries in columns.TABLES.items()}
    return "\n".join(
        [HEAD, files, COLUMNS]
        + [f"### {file}\n\n{_columns(entries)}" for file, entries in (tables | file_columns.FILES).items()]
    )


def _columns(entries: dict[str, columns.Column]) -> str:
    rows = [
        (f"`{name.replace(columns.ATTACK, '<attack>')}`", kind, unit, meaning.replace("{under}", UNDER))
        for name, (kind, unit, meaning) in entries.items()
    ]
    return layout.pipes(pd.DataFrame(rows, columns=["column", "type", "unit", "meaning"]), left=4)


if __name__ == "__main__":
    print(page(), end="")
