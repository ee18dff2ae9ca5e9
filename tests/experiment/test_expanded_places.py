"""Folders and files in a configuration are expanded as a shell does, or refused with their key."""

from pathlib import Path

import pytest
from configurations import filled

from robustloc.base.errors import UserError

CITY = {"base_station": "BS1", "epsilons": [0.1]}
LONE = {"grids": [{"scenarios": ["indoor"], "models": ["dcnn"]}], "figures": []}


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A home folder and a variable."""
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("DISK", "/disk")
    monkeypatch.delenv("NOWHERE", raising=False)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("~/x", "/home/someone/x"),
        ("$HOME/x", "/home/someone/x"),
        ("${DISK}/x", "/disk/x"),
        ("./x", "x"),
        ("x/", "x"),
        ("a//x/../b", "a/b"),
        ("../x", "../x"),
        ("~", "/home/someone"),
        ("a b/x", "a b/x"),
        ("results/smoke", "results/smoke"),
    ],
)
def test_results(written: str, meant: str) -> None:
    """The folder of the results is expanded and written in its shortest form."""
    assert filled(LONE | {"pathvars": {"results": written}})["pathvars"] == {"results": meant}


@pytest.mark.parametrize(
    "written", ["", " ", ".", "./", "..", "/", "a{b}", "{scenario}", "<logs>/x", "a\nb", " x", "a\0", "a/../.."]
)
def test_results_in_no_folder(written: str) -> None:
    """A folder that cannot hold the results is refused."""
    with pytest.raises(UserError, match=r"^pathvars\.results: expected a (path|folder)"):
        filled(LONE | {"pathvars": {"results": written}})


def test_results_that_cannot_be_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The folder of the experiment, a file, a folder in a file and a name that is too long are refused."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").touch()
    for written, message in {
        "$PWD": "expected a folder of its own",
        "config.yaml": "expected a folder, found the file config.yaml",
        "config.yaml/x": "expected a folder, found the file config.yaml",
        "x" * 300: "File name too long",
    }.items():
        monkeypatch.setenv("PWD", str(tmp_path))
        with pytest.raises(UserError, match=rf"^pathvars\.results: {message}.*; choose another|of its own, such as"):
            filled(LONE | {"pathvars": {"results": written}})


def test_options() -> None:
    """A path that a job would read as an option is refused."""
    for key, overlay in {
        "pathvars.results": {"pathvars": {"results": "-x"}},
        "data_folder": {"data_folder": "-d"},
    }.items():
        with pytest.raises(UserError, match=f"^{key}: programs read -[xd] as an option"):
            filled(LONE | overlay)


@pytest.mark.parametrize("unknown", ["$NOWHERE", "${NOWHERE}", "~nobody_here"])
@pytest.mark.parametrize(
    ("key", "overlay"),
    [
        ("pathvars.results", lambda path: {"pathvars": {"results": path}}),
        ("data_folder", lambda path: {"data_folder": path}),
        ("models.mine.file", lambda path: {"models": {"mine": {"file": path}}}),
        ("scenarios.city.raw.folder", lambda path: {"scenarios": {"city": CITY | {"raw": {"folder": path}}}}),
        ("scenarios.lab.raw.csi", lambda path: {"scenarios": {"lab": {"raw": {"csi": path}, "epsilons": [0.1]}}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_unknown_variables(key: str, overlay: object, unknown: str) -> None:
    """A variable or a user that does not exist is refused with the key, not taken for a name."""
    with pytest.raises(UserError) as refusal:
        filled(LONE | overlay(f"{unknown}/x"))

    assert str(refusal.value).startswith(f"{key}: expected a path, found '{unknown}/x'; {unknown} is unknown here")


def test_inputs() -> None:
    """Downloads and networks from files are found in the home folder; the words in braces of a file remain."""
    content = filled(
        LONE
        | {
            "data_folder": "~/data",
            "models": {"mine": {"file": "~/nets/{scenario}_{seed}.pt"}, "other": {"file": "$DISK/a.pt"}},
            "scenarios": {"city": CITY | {"raw": {"folder": "${DISK}/city"}}},
        }
    )

    assert content["data_folder"] == "/home/someone/data"
    assert content["models"]["mine"]["file"] == "/home/someone/nets/{scenario}_{seed}.pt"
    assert content["models"]["other"]["file"] == "/disk/a.pt"
    assert content["scenarios"]["city"]["raw"]["folder"] == "/disk/city"


@pytest.mark.parametrize("key", ["data_folder", "scenarios.city.raw.folder"])
def test_braces(key: str) -> None:
    """A raw file's path cannot have words in braces, which are wildcards of Snakemake."""
    overlay = (
        {"data_folder": "/a{b}"}
        if key == "data_folder"
        else {"scenarios": {"city": CITY | {"raw": {"folder": "a{b}"}}}}
    )

    with pytest.raises(
        UserError, match=rf"^{key}: Snakemake reads {{ and }} in /?a{{b}} as wildcards; rename the folder"
    ):
        filled(LONE | overlay)


@pytest.mark.parametrize("path", ["data", "a{", "cost$", "x~y", "a b", Path("/abs/data/")])
def test_other_paths_stay(path: object) -> None:
    """Any other path is used as it is written."""
    assert filled(LONE | {"data_folder": str(path)})["data_folder"] == str(path)
