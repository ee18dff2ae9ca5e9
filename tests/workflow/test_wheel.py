"""The installed wheel alone, without the rest of the project or Snakemake, attacks a checkpoint."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from workflow_project import ROOT, Project

# a program of a library user, who has no Snakemake
SCRIPT = """
import sys
sys.modules["snakemake"] = None
import doctest, pathlib, robustloc
assert pathlib.Path(robustloc.__file__).is_relative_to(sys.prefix), robustloc.__file__
for page in sys.argv[1:]:
    done = doctest.testfile(page, module_relative=False)
    assert done.attempted >= 6 and not done.failed
assert not {"matplotlib", "pytorch_lightning"} & set(sys.modules)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that the checkout does not change."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "dist", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = (folder / "dist").glob("*.whl")
    return file


def test_wheel_is_the_package(wheel: Path) -> None:
    """The wheel has every file of the package, its description and its licence, and nothing else."""
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    ours = {file.relative_to(ROOT / "src").as_posix() for file in (ROOT / "src/robustloc").rglob("*") if file.is_file()}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert held == {name for name in ours if "__pycache__" not in name and not name.endswith((".nbi", ".nbc"))}
    assert wheel.name == f"robustloc-{version}-py3-none-any.whl"


def test_wheel_works_alone(wheel: Path, finished: Project, tmp_path: Path) -> None:
    """The examples of README.md and docs/library.md run in a fresh environment with only a results folder."""
    environment, place = tmp_path / "environment", tmp_path / "place"
    venv.create(environment)
    python = environment / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(command, check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    # The dependencies only: Python ignores .pth files of a folder added here, which hides an editable install.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    place.mkdir()
    (place / "results").symlink_to(finished.folder / "results")
    pages = [ROOT / "README.md", ROOT / "docs/library.md"]

    done = subprocess.run(
        [python, "-c", SCRIPT, *pages],
        cwd=place,
        env={name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
