"""Tables, figures and how they were made -> report.html, one page that opens offline."""

import json
from collections import Counter

import pandas as pd
import pyarrow.parquet as pq

from robustloc.jobs.job import Job, run
from robustloc.report.page import figure_sections, render, result_tables, run_tables


def main(job: Job) -> None:
    """Write the page."""
    config = job.config
    summary, verdicts = pd.read_csv(job.input("summary")), pd.read_csv(job.input("verdicts"))
    certified = [row for file in job.inputs["certified"] for row in result_tables.certificates(pd.read_csv(file))]
    board = pd.read_csv(job.input("leaderboard"))
    provenance = json.loads(job.input("provenance").read_text(encoding="utf-8"))
    manifests = {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in job.inputs["manifests"]}
    epsilons = {name: scenario["compared_epsilon"] for name, scenario in config["scenarios"].items()}
    content = {
        "headline": result_tables.headline(board, summary, epsilons),
        "failures": result_tables.failures(verdicts),
        "scenes": run_tables.scenes(config["scenarios"], manifests, _sights(job)),
        "users": {name: manifests[name]["users"] for name in config["scenarios"]},
        "models": run_tables.entries(config["models"]),
        "defences": run_tables.entries(config["defences"]),
        "attacks": run_tables.entries(config["attacks"]),
        "training": run_tables.options(config["training"]),
        "seed": config["seed"],
        "seeds": config["seeds"],
        "making": run_tables.making(provenance),
        "cells": {"columns": list(result_tables.CELLS.values()), "rows": result_tables.cells(summary)},
        "certified": {"columns": list(result_tables.CERTIFICATES.values()), "rows": certified},
        "sections": figure_sections.sections(config["figures"], job.inputs["figures"], job.inputs["captions"], summary),
    }
    job.output("page").write_text(render.render(**content), encoding="utf-8")


def _sights(job: Job) -> dict[str, dict[int, int]]:
    """Count by scenario the test users in line of sight, without it, and without any path."""
    columns = {file.parent.name: pq.read_table(file, columns=["line_of_sight"]) for file in job.inputs["tests"]}
    return {name: Counter(table["line_of_sight"].to_pylist()) for name, table in columns.items()}


if __name__ == "__main__":
    tables = ("summary", "leaderboard", "verdicts", "certified")
    others = ("manifests", "tests", "figures", "captions", "provenance")
    run(main, __doc__, inputs=(*tables, *others), outputs=("page",))
