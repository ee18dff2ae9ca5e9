"""Which section of the report shows each figure, and under which title."""

from pathlib import Path

import pandas as pd

from robustloc.report.page import render, result_tables

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
# drawn of every scenario and model
OF_MODELS = ("map", "cdf", "power", "gallery")


def sections(figures: list[dict], images: list[Path], captions: list[Path], summary: pd.DataFrame) -> dict:
    """Sort the figures by the section that shows them.

    Args:
        figures: their configuration.
        images, captions: of each its PNG and its text.
        summary: one row per cell (summary.csv).

    Returns:
        Figures by section, each its configuration with title, image and caption; ``by_model`` is by scenario and model.
    """
    order = {kind: place for place, kind in enumerate(OF_MODELS)}
    on_air = set(summary[summary.budget == "psr_db"].attack)
    found = {"paper": [], "ladder": [], "certified_figures": [], "matrices": [], "by_model": {}}
    every = zip(figures, images, captions, strict=True)
    for figure, image, caption in sorted(every, key=lambda one: order.get(one[0]["kind"], 0)):
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
