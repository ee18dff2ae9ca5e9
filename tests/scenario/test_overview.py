"""What a user reads off a scenario folder before configuring it."""

from pathlib import Path

import pytest
import yaml
from made_up import COLUMNS, ROWS, SITE

from robustloc.errors import UserError
from robustloc.scenario import folder, overview


def test_overview(raw: Path, arrays: dict) -> None:
    """Generation, carrier, rows, base station and paths are those written."""
    text = overview.overview(raw)

    assert f"DeepMIMO {folder.find_reader(raw).GENERATION}, carrier 3.5 GHz" in text
    assert raw.name in folder.find_reader(raw).GENERATION
    assert f"rows R1 to R{ROWS} of {COLUMNS} users: {ROWS * COLUMNS} users" in text
    position = "an unknown position" if raw.name == "v1" else "(3.000, -2.000, 6.000)"
    blocked = (arrays["power"] != arrays["power"]).all(axis=1).mean()
    for words in (f"| BS7            | {position}", f"| {ROWS * COLUMNS} ", f"{100 * blocked:.1f} %", "at most 6"):
        assert words in text


def test_configuration_works(raw: Path) -> None:
    """The lines that it prints are configuration, and find the users."""
    printed = overview.overview(raw).partition("scenarios.<name>:\n")[2]
    written = yaml.safe_load(printed)

    assert written["raw"] == {"folder": raw.name}
    assert len(folder.read(raw, written["base_station"], **written["users"])) == ROWS * COLUMNS
    if raw.name != "v1":
        assert f"# or {[float(c) for c in SITE]}" in printed


def test_folders(raw: Path) -> None:
    """A scenario is found by its own folder and by the one above; a place without any is an error."""
    assert overview.folders(raw) == [raw]
    assert overview.folders(raw.parent) == [raw]
    (raw.parent / "empty").mkdir()
    with pytest.raises(UserError, match="expected DeepMIMO scenario folders in it, found none"):
        overview.folders(raw.parent / "empty")
    with pytest.raises(UserError, match="no such folder"):
        overview.folders(raw.parent / "nowhere")
