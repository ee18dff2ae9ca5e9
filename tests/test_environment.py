"""pyproject.toml, constraints, conda environment, container, CI and rules agree on what an environment is."""

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from workflow_project import ROOT

ENVS = ROOT / "envs"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = yaml.safe_load((ENVS / "robustloc.yaml").read_text())["dependencies"]
DOCKERFILE = (ENVS / "Dockerfile").read_text()
HOSTED = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]["test"]["steps"]


def required(lines: list[str]) -> dict[str, Requirement]:
    """Name -> requirement."""
    return {canonicalize_name(one.name): one for one in map(Requirement, lines)}


def pinned(lines: list[str]) -> dict[str, str]:
    """Name -> version of exact pins; no options, addresses or local versions such as 2.13.0+cpu."""
    matches = [re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", line) for line in lines]
    assert all(matches), [line for line, match in zip(lines, matches, strict=True) if not match]
    return {canonicalize_name(match[1]): match[2] for match in matches}


DIRECT = required(PROJECT["dependencies"])
EXTRAS = {extra: required(lines) for extra, lines in PROJECT["optional-dependencies"].items()}
RANGES = [*DIRECT.items(), *EXTRAS["test"].items(), *EXTRAS["cluster"].items()]
LINES = (ENVS / "constraints.txt").read_text().splitlines()
CONSTRAINTS = pinned(LINES)


def test_conda_pins_every_direct_dependency() -> None:
    """The conda file pins exactly the direct dependencies, as the constraints do."""
    (pip,) = [part["pip"] for part in CONDA if isinstance(part, dict)]

    assert pinned(pip) == {name: CONSTRAINTS[name] for name in DIRECT}


@pytest.mark.parametrize(("name", "requirement"), RANGES)
def test_constraints_are_within_the_ranges(name: str, requirement: Requirement) -> None:
    """What is pinned is what pyproject.toml admits."""
    assert requirement.specifier.contains(CONSTRAINTS[name])


def test_constraints_are_sorted() -> None:
    """Renewing the constraints changes only lines of packages that changed; none is there twice."""
    names = [line.split("==")[0].lower() for line in LINES]

    assert names == sorted(set(names))


def test_constraints_hold_no_cuda() -> None:
    """CPU and GPU differ in the line of torch alone."""
    assert not [name for name in CONSTRAINTS if name.startswith(("nvidia", "cuda", "triton"))]


@pytest.mark.parametrize("file", ["README.md", ".ci/run", "envs/Dockerfile"])
def test_installing_is_constrained(file: str) -> None:
    """Every installation that users, CI and the container make is held to the constraints."""
    commands = re.findall(r"\bpip install\b[^`&\n]*", (ROOT / file).read_text())

    assert commands
    assert [command for command in commands if " -c envs/constraints.txt " not in command] == []


@pytest.mark.skipif(
    "ROBUSTLOC_PINNED" not in os.environ, reason="ROBUSTLOC_PINNED is not set: any admitted version may do"
)
def test_installed_is_what_is_pinned() -> None:
    """An environment made with the constraints has those versions, and nothing that they leave open."""
    installed = {canonicalize_name(one.name): one.version.split("+")[0] for one in metadata.distributions()}
    ours = {name: version for name, version in installed.items() if name not in ("pip", "robustloc")}

    assert {name: version for name, version in ours.items() if version != CONSTRAINTS.get(name)} == {}
    assert {name for name, _ in RANGES} <= set(ours)


def test_python() -> None:
    """The conda file, the container and hosted CI have the same Python, one that the project admits."""
    (python,) = [part.removeprefix("python=") for part in CONDA if isinstance(part, str) and part.startswith("python=")]

    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(f"{python}.0")
    assert re.findall(r"^FROM (.*)", DOCKERFILE, flags=re.MULTILINE) == [f"python:{python}-slim"]
    assert [step["with"]["python-version"] for step in HOSTED if "setup-python" in step.get("uses", "")] == [python]


def test_hosted_ci_runs_the_same_script() -> None:
    """The GitHub workflow only prepares Python and calls `.ci/run`."""
    assert [step["run"] for step in HOSTED if "run" in step] == [".ci/run"]
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_rules_name_the_environment() -> None:
    """Every rule with a shell command names the environment file, and it is the only one."""
    named = []
    for file in (ROOT / "rules").glob("*.smk"):
        text = file.read_text()
        found = re.findall(r'conda:\s+"(.*?)"', text)
        assert len(found) == len(re.findall(r"^    shell:", text, flags=re.MULTILINE)), file
        named += found
    assert set(named) == {"../envs/robustloc.yaml"}
    assert [file.name for file in ENVS.glob("*.yaml")] == ["robustloc.yaml"]


def test_torch_does_not_reach_beyond_its_pin() -> None:
    """A newer torch would bring gigabytes of CUDA to machines without a GPU."""
    assert not DIRECT["torch"].specifier.contains("2.13.1")
    assert DIRECT["torch"].specifier.contains("2.13.0+cpu")
    assert DIRECT["torch"].specifier.contains("2.11.0")


def test_dockerfile_is_clean() -> None:
    """Hadolint, and ShellCheck within it, find nothing to say about the container."""
    hadolint = Path(sys.executable).with_name("hadolint")

    done = subprocess.run([hadolint, ENVS / "Dockerfile"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_container_gets_what_it_copies() -> None:
    """The files that the container copies are there, and are all that .dockerignore lets through."""
    copied = [name for line in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, flags=re.MULTILINE) for name in line.split()]
    let_through = re.findall(r"^!(.*)", (ROOT / ".dockerignore").read_text(), flags=re.MULTILINE)

    assert all((ROOT / name).exists() for name in copied)
    assert sorted(copied) == sorted(let_through)


def test_container_runs_as_anyone() -> None:
    """Not as root, and under any user number: with a folder for caches, and a name, which Snakemake insists on."""
    commands = DOCKERFILE.splitlines()

    assert [line for line in commands if line.startswith("USER ")] == ["USER 1000:1000"]
    assert "ENV USER=robustloc HOME=/tmp" in commands


def test_container_chooses_torch_in_one_line() -> None:
    """CPU and GPU differ in one build argument, which one installation uses."""
    assert re.findall(r"^ARG .*", DOCKERFILE, flags=re.MULTILINE) == ["ARG TORCH_INDEX="]
    (line,) = [line for line in DOCKERFILE.splitlines() if "$TORCH_INDEX" in line]
    assert line.endswith(" torch")
