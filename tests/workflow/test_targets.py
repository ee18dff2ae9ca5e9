"""The targets that people can name, and the output before a run."""

import re

import pytest
from workflow_project import SMOKE, Project


def test_dry_run_is_a_summary(fresh: Project) -> None:
    """A dry run of the default experiment fits on a screen: jobs by rule, and the estimated run time."""
    done = fresh.run("-n")

    printed = done.stdout + done.stderr
    assert len(printed.splitlines()) <= 32
    counts = dict(re.findall(r"^(\w+) +(\d+)$", printed, flags=re.MULTILINE))
    assert int(counts["total"]) == sum(int(count) for rule, count in counts.items() if rule != "total")
    assert re.search(r"^Estimated run time: about \d+ min with \d+ jobs? at once\.$", printed, flags=re.MULTILINE)
    assert not (fresh.folder / "results").exists()


def test_length_of_another_experiment(fresh: Project) -> None:
    """The time of jobs of another size than the default's is unknown before their first run."""
    planned = fresh.run("-n", "--configfile", SMOKE)

    assert "Estimated run time: unknown until the first complete run." in planned.stdout + planned.stderr
    grids = fresh.overlay({"grids": [{"scenarios": ["indoor"], "models": ["dcnn"]}], "figures": []})
    planned = fresh.run("-n", "--configfile", grids)
    assert "Estimated run time: less than a minute" in planned.stdout + planned.stderr


def test_dry_run_lists_jobs_when_asked(fresh: Project) -> None:
    """With `--quiet host`, every job is listed with its reason."""
    done = fresh.run("-n", "--configfile", SMOKE, "--quiet", "host", "--", "results/smoke/outdoor/manifest.json")

    assert (done.stdout + done.stderr).count("Reason: ") == 4  # trace, two shards, split


def test_every_target_is_documented(fresh: Project) -> None:
    """`--list` describes each target in one line."""
    lines = [line for line in fresh.run("--list").stdout.splitlines() if not line.startswith("Using workflow")]

    assert len(lines) >= 30
    assert [line for line in lines if not re.fullmatch(r"\w+ \(.+\.\)", line)] == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("model_constant", {"indoor/constant/none", "outdoor/constant/none"}),
        ("scenario_indoor", {f"indoor/{cell}" for cell in ("constant/none", "dcnn/none", "dcnn/median_smoothing")}),
        ("model_neural_ode_euler", {f"outdoor/neural_ode{suffix}/none" for suffix in ("", "_euler")}),
    ],
)
def test_part(fresh: Project, target: str, expected: set[str]) -> None:
    """A part of the experiment trains only its own localizers and their starting points."""
    done = fresh.run("-n", "--configfile", SMOKE, "--quiet", "host", "--", target)

    found = re.findall(r"Train (\w+) \(defence (\w+), seed 0\) on (\w+)", done.stdout + done.stderr)
    assert {f"{scenario}/{model}/{defence}" for model, defence, scenario in found} == expected


def test_figure_by_name(fresh: Project) -> None:
    """The target of a figure draws only this figure."""
    done = fresh.run("-n", "--configfile", SMOKE, "--quiet", "host", "--", "figure_fig4")

    assert re.findall(r"Draw (\w+)", done.stdout + done.stderr) == ["fig4"]


def test_mistyped_targets(fresh: Project) -> None:
    """Targets that name nothing end a run before planning, with the nearest rule and file."""
    file = "results/smoke/outdoor/dcnn/none/seed0/fgsm/eps0.010.parquet"

    done = fresh.snakemake("model_dcn", file, "--configfile", SMOKE)

    assert done.returncode != 0
    assert (
        "model_dcn: expected a rule or a file that this experiment makes, found neither; did you mean 'model_dcnn'?"
        in (done.stderr)
    )
    assert f"{file}: expected" in done.stderr
    assert f"did you mean '{file.replace('0.010', '0.01')}'?" in done.stderr
    assert "Traceback" not in done.stderr


def test_touch_without_results(fresh: Project) -> None:
    """Touching files that do not exist does not say that the results are complete."""
    done = fresh.run("--touch", "--configfile", SMOKE, "--", "raw")

    printed = done.stdout + done.stderr
    assert re.search(r"raw: \d+ files are missing and were not touched, such as results/smoke/", printed)
    assert "complete" not in printed
    assert "Estimated run time" not in printed
