"""Every command in the documents is executed: long ones as dry runs or with --help.

Commands that cannot run here are skipped with a reason. An unknown command fails, so that none is overlooked.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import command_line
import documents
import numpy as np
import pytest
import torch
from workflow_project import ROOT, SMOKE, Project, copy_project

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
PINNED = {line.partition("==")[0].lower() for line in (ROOT / "envs/constraints.txt").read_text().splitlines()}
ELSEWHERE = {
    "docker": "no container engine here; tests/test_environment.py checks the Dockerfile",
    "apptainer": "no container engine here; tests/test_environment.py checks the Dockerfile",
    "git": "asks a server, or changes the checkout",
    "scancel": "asks a running Slurm; tests/cluster has one",
    "scontrol": "asks a running Slurm; tests/cluster has one",
    "squeue": "asks a running Slurm; tests/cluster has one",
    ".": "of the shell",
    "cd": "of the shell",
}
# executed for real, because they make no files
SHORT = {"--list", "--lint", "--unlock", "--version"}
# the documents write this for the reader's own folder
DATA = {"/data", "/where/it/lies"}
# experiments on a download that is missing here: their only error is the missing download
DOWNLOADS = {"experiments/my_scenario.yaml", "source=deepmimo"}
MISSING = "no such folder; download the DeepMIMO scenario"


Line = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def line() -> Line:
    """Run a program in a folder, each command once; return its exit status and its output."""
    known: dict[tuple, tuple[int, str]] = {}

    def run(folder: Path, program: str, arguments: list[str], **settings: str) -> tuple[int, str]:
        key = (folder, program, *arguments, *settings.items())
        if key not in known:
            environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"} | settings
            done = command_line.shared().run(folder, program, arguments, environment)
            known[key] = done.returncode, done.stdout + done.stderr
        return known[key]

    return run


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project with its tests, in which a reader has copied the templates.

    Its scenarios have the third and the fifth of five epsilons: half the jobs to plan, with the same names.
    """
    book = copy_project(tmp_path_factory.mktemp("book"))
    config, count = re.subn(
        r"epsilons: \[.+, .+, (.+), .+, (.+)\]", r"epsilons: [\1, \2]", (ROOT / "config.yaml").read_text()
    )
    assert count == 2
    (book.folder / "config.yaml").write_text(config)
    shutil.copytree(ROOT / "templates", book.folder / "templates")
    shutil.copytree(ROOT / "tests", book.folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "pyproject.toml", book.folder)
    for template in (ROOT / "templates").glob("*.py"):
        place = re.search(r"copy it to (src/\S+\.py)", template.read_text())
        shutil.copy2(template, book.folder / place[1])
    for piece in documents.experiments():
        if place := re.match(r"# (experiments/\w+\.yaml)\n", piece.text):
            (book.folder / place[1]).write_text(piece.text)
    (book.folder / "models").mkdir()
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64 * 64, 3))
    torch.jit.script(network).save(book.folder / "models/mine.pt")  # localizers.md says that it was trained elsewhere
    (book.folder / "data").mkdir()
    csi = np.random.default_rng(0).normal(size=(40, 8, 8)) * 1j  # data.md says that it was measured
    np.savez(
        book.folder / "data/lab.npz", csi=csi, position=csi.imag[:, 0, :3], bandwidth_hz=1e7, spacing_wavelengths=0.5
    )
    shutil.copy2(ROOT / "templates/experiment.yaml", book.folder / "experiments/mine.yaml")
    shutil.copy2(ROOT / "templates/scenario.yaml", book.folder / "experiments/my_scenario.yaml")
    return book


@pytest.mark.parametrize("piece", {piece.text: piece for piece in documents.commands()}.values(), ids=str)
def test_command(piece: documents.Piece, request: pytest.FixtureRequest) -> None:
    """The command runs, or would run."""
    settings, words = _words(piece.text)
    program, *arguments = words
    if reason := ELSEWHERE.get(program):
        pytest.skip(reason)
    handler = HANDLERS.get(program)
    assert handler, f"{piece}\nno test knows how to run {program!r}; mark a block that holds no commands as ```text"
    handler(arguments, request, **settings)


@pytest.mark.parametrize("piece", documents.experiments(), ids=str)
def test_experiment(piece: documents.Piece, book: Project, line: Line) -> None:
    """A block of YAML is an experiment that can be planned."""
    (book.folder / "experiments/block.yaml").write_text(piece.text)

    status, printed = line(book.folder, "snakemake", ["-n", "--configfile", "experiments/block.yaml"])

    assert status == 0 or MISSING in printed, printed


def _words(command: str) -> tuple[dict[str, str], list[str]]:
    """Split a command into environment settings and words; redirections are left out."""
    words = shlex.split(re.split(r" [|>] ", command)[0])
    count = next(n for n, word in enumerate(words) if not re.match(r"[A-Z_]+=", word))
    return dict(word.split("=", 1) for word in words[:count]), words[count:]


def _snakemake(arguments: list[str], request: pytest.FixtureRequest, **settings: str) -> None:
    if "--sdm" in arguments:
        pytest.skip("no conda here; tests/test_environment.py checks its file")
    if "profiles/slurm" in arguments:
        pytest.importorskip("snakemake_executor_plugin_slurm", reason="the extra cluster is not installed")
    if "--report" in arguments:
        pytest.skip("of a finished run; tests of the report make it")
    place: Project = request.getfixturevalue("book")
    if any(data in argument for data in DATA for argument in arguments):
        city = request.getfixturevalue("city")
        arguments = [re.sub("|".join(DATA), str(city), argument) for argument in arguments]
    if "inspect" in arguments and not any("data_folder" in argument for argument in arguments):
        arguments = [*arguments, "--config", f"data_folder={request.getfixturevalue('city')}"]
    elif "verify" in arguments and SMOKE in arguments:
        place = request.getfixturevalue("finished")
    elif not SHORT & {*arguments, "-n"} and "-n" not in arguments:
        arguments = ["-n", *arguments]

    line: Line = request.getfixturevalue("line")
    status, printed = line(place.folder, "snakemake", arguments, **settings)

    if DOWNLOADS & set(arguments) or (MISSING in printed and "experiments/new_york.yaml" in arguments):
        assert MISSING in printed
    else:
        assert status == 0, printed


def _pytest(arguments: list[str], request: pytest.FixtureRequest) -> None:
    book, line = (request.getfixturevalue(name) for name in ("book", "line"))
    for argument in arguments:
        assert not argument.startswith("tests/") or (book.folder / argument).exists(), f"there is no {argument}"
    if "-k" in arguments:
        folder = book.folder if "mine" in arguments else ROOT
        arguments = ["--collect-only", "-q", "-p", "no:cacheprovider", *arguments]
        status, printed = line(folder, "pytest", arguments)
        assert status == 0, printed


def _python(arguments: list[str], request: pytest.FixtureRequest) -> None:
    if arguments[0] == "-m":
        assert importlib.util.find_spec(arguments[1]), f"there is no module {arguments[1]}"
        return
    status, printed = request.getfixturevalue("line")(ROOT, "python", [arguments[0], "--help"])
    assert status == 0, printed
    unknown = [word for word in arguments[1:] if word.startswith("-") and word not in printed]
    positional = [word for word in arguments[1:] if not word.startswith("-")]
    assert not unknown, f"{arguments[0]} has no {unknown}"
    assert not positional or "positional arguments" in printed, f"{arguments[0]} takes no {positional}"


def _pip(arguments: list[str], request: pytest.FixtureRequest) -> None:
    """Named files, extras and packages exist; nothing is installed."""
    assert arguments[0] in ("install", "freeze")
    for word in arguments[1:] if arguments[0] == "install" else []:
        if extra := re.fullmatch(r"\.\[(\w+)\]", word):
            assert extra[1] in EXTRAS
        elif word.strip("()").endswith(".txt"):
            assert (ROOT / word.strip("()")).is_file()
        elif re.fullmatch(r"[a-z][\w-]*", word):
            assert word in PINNED, f"{word} is not in envs/constraints.txt"


def _sbatch(arguments: list[str], request: pytest.FixtureRequest) -> None:
    """Options of Slurm have their values attached, the script is valid, and the rest is Snakemake's."""
    count = next(n for n, word in enumerate(arguments) if not word.startswith("--"))
    assert all("=" in option for option in arguments[:count])
    _bash(arguments[count : count + 1], request)
    _snakemake(["--workflow-profile", "profiles/slurm-allocation", *arguments[count + 1 :]], request)


def _bash(arguments: list[str], request: pytest.FixtureRequest) -> None:
    subprocess.run(["bash", "-n", ROOT / arguments[0]], check=True)


def _pre_commit(arguments: list[str], request: pytest.FixtureRequest) -> None:
    assert arguments[0] in ("install", "run")
    subprocess.run(["pre-commit", "validate-config", ROOT / ".pre-commit-config.yaml"], check=True)


def _rsync(arguments: list[str], request: pytest.FixtureRequest) -> None:
    if not shutil.which("rsync"):
        pytest.skip("rsync is not installed")
    finished, folder = request.getfixturevalue("finished").folder, request.getfixturevalue("tmp_path")
    command = [word.replace("THERE", str(finished)) for word in arguments]
    subprocess.run(["rsync", *command], cwd=folder, check=True)
    assert (folder / "results/smoke/provenance.json").exists()


def _copy(arguments: list[str], request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue("book").folder
    source, target = (folder / argument for argument in arguments)
    assert target.is_file(), f"the tests of other commands do not expect {target}"
    assert source.read_bytes() == target.read_bytes()


def _look(arguments: list[str], request: pytest.FixtureRequest) -> None:
    finished: Path = request.getfixturevalue("finished").folder
    names = [argument for argument in arguments if not argument.startswith("-")]
    assert all((finished / name).exists() for name in names), names


HANDLERS = {
    "snakemake": _snakemake,
    "pytest": _pytest,
    "python": _python,
    "python3": _python,
    "pip": _pip,
    "sbatch": _sbatch,
    "tests/cluster/slurm.sh": lambda arguments, request: _bash(["tests/cluster/slurm.sh"], request),
    "pre-commit": _pre_commit,
    "rsync": _rsync,
    "cp": _copy,
    "cat": _look,
    "ls": _look,
    "head": _look,
}
