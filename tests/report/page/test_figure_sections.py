"""Figures are in the report section that their kind names, with title, image and caption."""

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from made_up_summary import SUMMARY

from robustloc.base import plugins
from robustloc.report.page.figure_sections import sections

PLACE = {"scenario": "in_door", "title": "errors"}
ATTACKED = {"attacks": ["fgsm"], "epsilon": 0.01}
FIGURES = [
    PLACE | {"name": "fig4", "section": "figures", "models": ["dcnn"], "attacks": ["fgsm"]},
    PLACE | {"name": "air", "section": "figures", "models": ["dcnn"], "attacks": ["fgsm", "csi_pgd"]},
    PLACE | {"name": "one", "section": "models", "models": ["dcnn"], "attacks": ["csi_pgd"]},
    PLACE | {"name": "map", "section": "models", "model": "dcnn", "defences": ["none"]},
    PLACE | {"name": "two", "section": "models", "models": ["dcnn", "constant"], "attacks": ["fgsm"]},
    PLACE | {"name": "proof", "section": "certificates", "models": ["dcnn"]},
    PLACE | {"name": "matrix", "section": "matrices", "model": "dcnn", "defences": ["none"]} | ATTACKED,
]


@pytest.fixture
def found(tmp_path: Path) -> dict:
    """The sections of some figures."""
    image, caption = tmp_path / "one.png", tmp_path / "one.txt"
    matplotlib.image.imsave(image, np.zeros((3, 4)))
    caption.write_text("A caption.\n")
    return sections(FIGURES, [image] * len(FIGURES), [caption] * len(FIGURES), SUMMARY)


def test_sections(found: dict) -> None:
    """Attacks over the air have their own section; figures of several models are not in a model's section."""
    names = {section: [figure["name"] for figure in found[section]] for section in found.keys() - {"models"}}

    assert names.pop("figures") == ["fig4", "two"]
    assert names == {"over_the_air": ["air"], "certificates": ["proof"], "matrices": ["matrix"]}
    ((scenario, models),) = found["models"].items()
    assert scenario == "in_door"
    assert {model: [figure["name"] for figure in own] for model, own in models.items()} == {"dcnn": ["one", "map"]}


def test_content(found: dict) -> None:
    """A figure has a title, an image and a caption; a figure in the section of matrices also has a table."""
    (figure,) = found["matrices"]

    assert figure["title"] == "matrix, errors: in_door, dcnn"
    assert found["models"]["in_door"]["dcnn"][0]["title"] == "Errors: in_door, dcnn"
    assert figure["caption"] == "A caption."
    assert figure["image"]["width"] == 4
    assert figure["table"]["columns"] == ["defence", "clean", "fgsm"]


def test_every_kind_has_its_section(found: dict) -> None:
    """The report has each section that a kind of figure names."""
    kinds = plugins.names("figures")

    assert {plugins.constant("figures", kind, "SECTION") for kind in kinds} <= found.keys()
    assert all(plugins.constant("figures", kind, "TITLE") for kind in kinds)
