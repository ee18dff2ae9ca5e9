"""The description of a scenario folder, and the configuration that it suggests."""

from pathlib import Path

import pytest
import yaml
from made_up import COLUMNS, ROWS, SITE
from workflow_project import ROOT

from robustloc.base.errors import UserError
from robustloc.data import folder, inspection
from robustloc.experiment.config import check


def test_overview(raw: Path, arrays: dict) -> None:
    """The overview shows the format, carrier, rows, base station and paths that were written."""
    text = inspection.overview(raw)

    title = {"v1": "DeepMIMO v1 or v2", "v2": "DeepMIMO v1 or v2", "v3": "DeepMIMO v3", "v4": "DeepMIMO v4"}[raw.name]
    assert f"{title}, carrier 3.5 GHz" in text
    assert f"rows R1 to R{ROWS} of {COLUMNS} users: {ROWS * COLUMNS} users" in text
    position = "an unknown position" if raw.name == "v1" else "(3.000, -2.000, 6.000)"
    blocked = (arrays["power"] != arrays["power"]).all(axis=1).mean()
    for words in (f"| BS7            | {position}", f"| {ROWS * COLUMNS} ", f"{100 * blocked:.1f} %", "at most 6"):
        assert words in text


def test_configuration_works(raw: Path) -> None:
    """The printed experiment is valid on top of the default configuration, and selects all users."""
    printed = inspection.overview(raw).partition("An experiment on the first base station:\n")[2]
    default, written = (yaml.safe_load(text) for text in ((ROOT / "config.yaml").read_text(), printed))
    name = raw.name
    content = default | written | {"scenarios": default["scenarios"] | written["scenarios"]}

    check(content, yaml.safe_load((ROOT / "config.schema.yaml").read_text()))

    scenario = content["scenarios"][name]
    assert scenario["raw"]["folder"] == raw.name
    assert len(folder.read(raw, scenario["base_station"], **scenario["users"])) == ROWS * COLUMNS
    assert scenario["blocked_users"] == "keep"
    if raw.name != "v1":
        assert f"# or {[float(c) for c in SITE]}" in printed


def test_folders(raw: Path) -> None:
    """A scenario is found in its own folder and in the folder above; a place without a scenario is an error."""
    assert inspection.folders(raw) == [raw]
    assert inspection.folders(raw.parent) == [raw]
    (raw.parent / "empty").mkdir()
    with pytest.raises(UserError, match="expected scenario folders in it, found none"):
        inspection.folders(raw.parent / "empty")
    with pytest.raises(UserError, match="no such folder"):
        inspection.folders(raw.parent / "nowhere")
