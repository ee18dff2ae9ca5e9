"""Tables, figures and how they were made -> report.html, one page that opens offline."""

import json
from collections import Counter

import pandas as pd
import pyarrow.parquet as pq

from robustloc.base.files import Files
from robustloc.report.page import figure_sections, render, result_tables, run_tables

INPUTS = ("summary", "leaderboard", "verdicts", "certified", "manifests", "tests", "figures", "captions", "provenance")
OUTPUTS = ("page",)


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write the page."""
    summary, verdicts, board = (pd.read_csv(inputs.one(name)) for name in ("summary", "verdicts", "leaderboard"))
    certified = [row for file in inputs["certified"] for row in result_tables.certificates(pd.read_csv(file))]
    provenance = json.loads(inputs.one("provenance").read_text(encoding="utf-8"))
    manifests = {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in inputs["manifests"]}
    flags = {file.parent.name: pq.read_table(file, columns=["line_of_sight"])[0] for file in inputs["tests"]}
    sights = {name: Counter(found.to_pylist()) for name, found in flags.items()}
    epsilons = {name: scenario["compared_epsilon"] for name, scenario in config["scenarios"].items()}
    content = {
        "headline": result_tables.headline(board, summary, epsilons),
        "failures": result_tables.failures(verdicts),
        "scenes": run_tables.scenes(config["scenarios"], manifests, sights),
        "users": {name: manifests[name]["users"] for name in config["scenarios"]},
        **{kind: run_tables.entries(config[kind]) for kind in ("models", "defences", "attacks")},
        "training": run_tables.options(config["training"]),
        "seed": config["seed"],
        "seeds": config["seeds"],
        "making": run_tables.making(provenance),
        "cells": {"columns": list(result_tables.CELLS.values()), "rows": result_tables.cells(summary)},
        "certified": {"columns": list(result_tables.CERTIFICATES.values()), "rows": certified},
        "sections": figure_sections.sections(config["figures"], inputs["figures"], inputs["captions"], summary),
    }
    outputs.one("page").write_text(render.render(**content), encoding="utf-8")
