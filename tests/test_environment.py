"""pyproject.toml, the conda environment, the lock and the rules agree on what an environment is."""

import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from workflow_project import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DIRECT = {canonicalize_name(r.name): r for r in map(Requirement, PROJECT["dependencies"])}
CONDA = yaml.safe_load((ROOT / "envs/robustloc.yaml").read_text())["dependencies"]
PINS = next(part["pip"] for part in CONDA if isinstance(part, dict))


def pinned(lines: list[str]) -> dict[str, str]:
    """Name -> version of exact pins."""
    matches = [re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", line) for line in lines]
    assert all(matches), [line for line, match in zip(lines, matches, strict=True) if not match]
    return {canonicalize_name(match[1]): match[2] for match in matches}


LOCK = pinned((ROOT / "envs/requirements.lock").read_text().splitlines())


def test_conda_pins_every_direct_dependency() -> None:
    """The conda file pins exactly the direct dependencies, at the versions of the lock."""
    assert pinned(PINS) == {name: LOCK[name] for name in DIRECT}


@pytest.mark.parametrize("name", DIRECT)
def test_lock_is_within_the_ranges(name: str) -> None:
    """What is locked is what pyproject.toml admits."""
    assert DIRECT[name].specifier.contains(LOCK[name])


def test_python() -> None:
    """The conda file's Python is one that the project admits."""
    (python,) = [part.removeprefix("python=") for part in CONDA if isinstance(part, str) and part.startswith("python=")]

    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(f"{python}.0")


def test_rules_name_the_environment() -> None:
    """Every rule with a shell command names the environment file, and it is the only one."""
    named = []
    for file in (ROOT / "rules").glob("*.smk"):
        text = file.read_text()
        found = re.findall(r'conda:\s+"(.*?)"', text)
        assert len(found) == len(re.findall(r"^    shell:", text, flags=re.MULTILINE)), file
        named += found
    assert set(named) == {"../envs/robustloc.yaml"}
    assert [file.name for file in (ROOT / "envs").glob("*.yaml")] == ["robustloc.yaml"]


def test_torch_does_not_reach_beyond_its_pin() -> None:
    """A newer torch would bring gigabytes of CUDA to machines without a GPU."""
    assert not DIRECT["torch"].specifier.contains("2.13.1")
    assert DIRECT["torch"].specifier.contains("2.13.0+cpu")
    assert DIRECT["torch"].specifier.contains("2.11.0")
