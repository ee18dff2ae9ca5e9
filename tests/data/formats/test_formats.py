"""What every format declares; a new format is checked as well: pytest tests/data/formats -k NAME."""

import inspect
from pathlib import Path

import pytest

from robustloc.base import plugins
from robustloc.data import deepmimo_writer, folder, measurement
from robustloc.jobs.fingerprint import code

FUNCTIONS = {
    "base_stations": ["folder"],
    "grids": ["folder", "name"],
    "carrier_hz": ["folder"],
    "files": ["folder", "name", "users"],
    "read": ["folder", "name", "users", "row", "max_paths"],
}
FORMATS = plugins.names("data.formats")


@pytest.mark.parametrize("name", [name for name in FORMATS if name != measurement.FORMAT])
def test_contract(name: str) -> None:
    """A format of folders declares its title, its marker and its files as literals, and defines the five functions."""
    for constant in ("TITLE", "MARKER", "NEEDS"):
        assert isinstance(plugins.constant("data.formats", name, constant), str)
    module = plugins.load("data.formats", name)
    for function, parameters in FUNCTIONS.items():
        assert list(inspect.signature(getattr(module, function)).parameters) == parameters


@pytest.mark.parametrize("stage", ["stages.shard", "stages.csi"])
def test_fingerprint_names_one_format(stage: str) -> None:
    """A stage that reads raw files has no format in its fingerprint but the one that its job names."""
    for name in FORMATS:
        held = [part.partition("@")[0] for part in code(stage, f"data.formats.{name}").split()]
        assert [other for other in FORMATS if f"data.formats.{other}" in held] == [name]


def test_format_of_written_folders(v4_folder: Path) -> None:
    """The folders of embedded scenes have the format that the rules name for them."""
    assert folder.find_format(v4_folder) == deepmimo_writer.FORMAT
