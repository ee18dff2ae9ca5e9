"""Tables, figures and how they were made -> report.html, one page that opens offline."""

import json
from collections import Counter

import pandas as pd
import pyarrow.parquet as pq

from robustloc.jobs.job import Job, run
from robustloc.report.page import render, result_tables, run_tables

KINDS = {
    "example": "profile of one user",
    "rmse": "RMSE under attack",
    "matrix": "RMSE by defence and attack",
    "certified": "certified errors",
    "map": "errors on the floor plan",
    "cdf": "distribution of errors",
    "power": "RMSE against the perturbation's power",
    "gallery": "users of largest, median and smallest damage",
}
OF_MODELS = ("map", "cdf", "power", "gallery")  # drawn of every scenario and model


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
        **_figures(job, summary),
    }
    job.output("page").write_text(render.render(**content), encoding="utf-8")


def _sights(job: Job) -> dict[str, dict[int, int]]:
    """Count by scenario the test users in line of sight, without it, and without any path."""
    columns = {file.parent.name: pq.read_table(file, columns=["line_of_sight"]) for file in job.inputs["tests"]}
    return {name: Counter(table["line_of_sight"].to_pylist()) for name, table in columns.items()}


def _figures(job: Job, summary: pd.DataFrame) -> dict:
    """Sort the figures by the section that shows them."""
    figures = zip(job.config["figures"], job.inputs["figures"], job.inputs["captions"], strict=True)
    order = {kind: place for place, kind in enumerate(OF_MODELS)}
    on_air = set(summary[summary.budget == "psr_db"].attack)
    found = {"paper": [], "ladder": [], "certified_figures": [], "matrices": [], "by_model": {}}
    for figure, image, caption in sorted(figures, key=lambda one: order.get(one[0]["kind"], 0)):
        shown = figure | {"image": render.image(image), "caption": caption.read_text(encoding="utf-8").strip()}
        shown["title"] = _title(figure)
        if figure["kind"] in OF_MODELS and len(_models(figure)) == 1:
            place = found["by_model"].setdefault(figure["scenario"], {})
            place.setdefault(*_models(figure), []).append(shown)
        elif figure["kind"] == "matrix":
            found["matrices"].append(shown | {"table": result_tables.matrix(summary, figure)})
        elif figure["kind"] == "certified":
            found["certified_figures"].append(shown)
        else:
            found["ladder" if on_air & set(figure.get("attacks", [])) else "paper"].append(shown)
    return found


def _title(figure: dict) -> str:
    """Name a figure by what it shows."""
    text = f"{KINDS[figure['kind']]}: {figure['scenario']}, {', '.join(_models(figure))}"
    return text[0].upper() + text[1:] if figure["kind"] in OF_MODELS else f"{figure['name']}, {text}"


def _models(figure: dict) -> list[str]:
    return figure.get("models") or [figure["model"]]


if __name__ == "__main__":
    tables = ("summary", "leaderboard", "verdicts", "certified")
    others = ("manifests", "tests", "figures", "captions", "provenance")
    run(main, __doc__, inputs=(*tables, *others), outputs=("page",))
