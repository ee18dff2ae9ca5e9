"""The report's figures, sorted into its sections."""

from pathlib import Path

import pandas as pd

from robustloc.report.page import render, result_tables


def sections(figures: list[dict], images: list[Path], captions: list[Path], summary: pd.DataFrame) -> dict:
    """Sort figures into the sections that show them, each with its image, caption and title.

    Args:
        figures: entries of the configuration, with title and section of their kinds, in the order of the report.
        images, captions: the PNG and the text of each figure.
        summary: one row per cell (summary.csv).

    Returns:
        Lists of figures by section; in the section ``models``, by scenario and then by model.
    """
    over_the_air = set(summary[summary.budget == "psr_db"].attack)
    found = {"figures": [], "over_the_air": [], "certificates": [], "matrices": [], "models": {}}
    for figure, image, caption in zip(figures, images, captions, strict=True):
        shown = figure | {"image": render.image(image), "caption": caption.read_text(encoding="utf-8").strip()}
        shown["title"], section = _title(figure), _section(figure, over_the_air)
        if section == "models":
            place = found["models"].setdefault(figure["scenario"], {})
            place.setdefault(*_models(figure), []).append(shown)
            continue
        if section == "matrices":
            shown["table"] = result_tables.matrix(summary, figure)
        found[section].append(shown)
    return found


def _section(figure: dict, over_the_air: set[str]) -> str:
    """Choose a figure's section: several models are in ``figures``, attacks over the air in ``over_the_air``."""
    section = figure["section"]
    if section == "models" and len(_models(figure)) > 1:
        section = "figures"
    if section == "figures" and over_the_air & set(figure.get("attacks", [])):
        section = "over_the_air"
    return section


def _title(figure: dict) -> str:
    """Name a figure by what it shows; figures outside the section ``models`` also have their own name."""
    text = f"{figure['title']}: {figure['scenario']}, {', '.join(_models(figure))}"
    return text[0].upper() + text[1:] if figure["section"] == "models" else f"{figure['name']}, {text}"


def _models(figure: dict) -> list[str]:
    return figure.get("models") or [figure["model"]]
