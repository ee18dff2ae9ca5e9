"""Models from files in a configuration: their one key, and the mistakes that a configuration can make."""

import pytest
import yaml
from snakemake.utils import update_config
from workflow_project import ROOT

from robustloc.base.errors import UserError
from robustloc.experiment.config import check
from robustloc.experiment.entries import model_file, origin

SCHEMA = yaml.safe_load((ROOT / "config.schema.yaml").read_text())


def merged(*overlays: dict) -> dict:
    """The shipped configuration under overlays."""
    content = yaml.safe_load((ROOT / "config.yaml").read_text())
    for overlay in overlays:
        update_config(content, overlay)
    return content


def of_file(**changes: object) -> dict:
    """Overlay with a model from a file."""
    grid = {"scenarios": ["indoor"], "models": ["mine"], "attacks": ["fgsm"]}
    return {"models": {"mine": {"file": "a.pt"}}, "grids": [grid | changes], "figures": []}


FILES = {
    "parameters": ({"models": {"mine": {"file": "a.pt", "blocks": 2}}}, r"models\.mine: .*remove blocks beside file"),
    "no path": ({"models": {"mine": {"file": 3}}}, r"models\.mine\.file: expected a text, found 3"),
    "its weights": (
        {"models": {"other": {"plugin": "mine", "weights": "mine"}}},
        r"models\.other\.weights: mine comes from a file; name a model that this experiment trains",
    ),
    "seeds": (
        of_file(seeds=[0, 1]),
        r"models\.mine\.file: one file for the seeds 0, 1; use a grid",
    ),
    "new weights": (
        {"defences": {"own": {"plugin": "noise"}}, **of_file(defences=["own"])},
        r"models\.mine: .* cannot train from new weights; set defences\.own\.start, as in start: none",
    ),
}


@pytest.mark.parametrize("mistake", FILES)
def test_mistakes_about_files(mistake: str) -> None:
    """A network from a file allows no other settings."""
    overlay, message = FILES[mistake]

    with pytest.raises(UserError, match=message):
        check(merged(of_file(), overlay), SCHEMA)


def test_files() -> None:
    """A network from a file can have every defence that continues from it, and one file per scenario and seed."""
    content = merged(of_file(defences=["none", "adversarial", "map_clamp", "median_smoothing"], seeds=[3]))
    check(content, SCHEMA)
    assert origin(content, "mine", "map_clamp") == {"model": "mine", "defence": "none"}

    content = merged(of_file(seeds=[0, 1]) | {"models": {"mine": {"file": "{scenario}/{seed}.pt"}}})
    check(content, SCHEMA)
    assert model_file(content, "mine", "indoor", 1) == "indoor/1.pt"
