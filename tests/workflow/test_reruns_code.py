"""Reruns after an edit of the package: jobs whose code has the edited module are due, and all jobs after them."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from modulefinder import ModuleFinder
from pathlib import Path

import pytest
from smoke_files import NOTHING, due, files, following
from workflow_project import ROOT, Project

PACKAGE = ROOT / "src" / "robustloc"
MODULES = sorted(str(file.relative_to(PACKAGE).with_suffix("")) for file in PACKAGE.rglob("*.py"))
PUBLIC = "__init__"  # the public face, which no module of the package imports

FIGURES = {"figure", "provenance", "page"}
SUMMARY = {"summarise", "layout", "leaderboard", "dictionary", *FIGURES}
VERDICTS = {"judge", *SUMMARY}
EXAMINED = {"examine", "transfer", *VERDICTS}
LONGER = {"converge", "converged", *VERDICTS}
PROVEN = {"certify", "certified", "leaderboard", "dictionary", *FIGURES}
ATTACKED = {"train", "clean", "attack", *EXAMINED}
DATA = {"split", "csi", "worst", *ATTACKED, *LONGER, *PROVEN}
# module: the rules whose jobs are due after a new statement in it
EDITED = {
    "data/scenes/parts/tracing": {"trace", "shard", *DATA},
    "data/scenes/street": {
        "trace",
        "shard",
        "split",
        *ATTACKED,
    },  # the outdoor scene, which has no attacks over the air
    "data/formats/deepmimo_v4": {"shard", *DATA},  # the format of both scenes
    "data/channel": {"shard", *DATA},
    "data/split": DATA,
    "localizer/training": DATA - {"split", "csi"},
    "models/constant": {"train", "clean", *SUMMARY},
    "defences/median_smoothing": {"train", "clean", *SUMMARY, *PROVEN},
    "attacks/gradient": {"worst", *ATTACKED, *LONGER},
    "attacks/universal": {"attack", *SUMMARY},
    "robustness/examination": EXAMINED,
    "robustness/reference": LONGER,
    "robustness/convergence": {"converged", *EXAMINED},
    "robustness/verdict": VERDICTS,
    "robustness/certificate": PROVEN,
    "report/statistics": SUMMARY,  # a column of rmse.csv
    "report/leaderboard": {"leaderboard", "dictionary", "provenance", "page"},
    "figures/parts/curves": FIGURES,
    "figures/rmse": FIGURES,
    "report/page/render": {"page"},
}

STAGES = {"clean": "attack", "provenance": "verify"}  # of rules of another name
# plugins of entries and figures that have another name
PLUGINS = dict.fromkeys(("fgsm", "pgd_linf", "to_north", "csi_antenna", "csi_pgd", "adp_pgd"), "gradient")
PLUGINS |= {"csi_universal": "universal", "transfer_dcnn": "apgd", "neural_ode_euler": "neural_ode"}
PLUGINS |= {"fig1": "example", "fig4": "rmse"}


def run_by(job: dict) -> list[str]:
    """Name the modules that a job of the smoke experiment loads by name, given its rule and first file."""
    place = Path(job["outputs"][0]).relative_to("results/smoke").parts
    scene, model, defence, _, attack = (*place, "", "", "", "")[:5]
    rule, localizer = job["rule"], [f"models/{PLUGINS.get(model, model)}", f"defences/{defence}"]
    found = [f"stages/{STAGES.get(rule, rule)}"]
    if rule == "trace":
        found.append({"outdoor": "data/scenes/street", "indoor": "data/scenes/room"}[scene])
    elif rule in ("shard", "csi"):
        found.append("data/formats/deepmimo_v4")
    elif rule == "train":
        found += localizer + ["attacks/gradient"] * (defence == "adversarial")
    elif rule in ("clean", "examine", "converge", "certify"):
        found += localizer
    elif rule == "bisect":
        found += [*localizer, "attacks/directions"]
    elif rule == "attack":
        found += [*localizer, f"attacks/{PLUGINS.get(attack, attack)}"]
        found += ["models/dcnn", "defences/none"] * (attack == "transfer_dcnn")
    elif rule == "transfer":
        found += ["models/dcnn", "defences/none"]
        found += ["models/neural_ode", "defences/adversarial"] * (scene == "outdoor")
    elif rule == "figure":
        name = Path(job["outputs"][0]).stem
        found.append(f"figures/{PLUGINS.get(name, name.partition('_')[0])}")
    return found


@cache
def imported(module: str) -> frozenset[str]:
    """List the modules of the package that a module can import, and itself, by the standard library's search."""
    finder = ModuleFinder(path=[str(PACKAGE.parent)])
    finder.import_hook(f"robustloc.{module.replace('/', '.')}")
    found = [Path(found.__file__) for found in finder.modules.values() if found.__file__]
    return frozenset(str(file.relative_to(PACKAGE).with_suffix("")) for file in found) - {PUBLIC}


def holding(module: str) -> Callable[[dict], bool]:
    """A predicate: whether a job can import a module."""
    return lambda job: any(module in imported(name) for name in run_by(job))


def statement(text: str) -> str:
    """Add a statement."""
    return text + "\n_EDITED = 1\n"


def remark(text: str) -> str:
    """Add a comment, an empty line, and a word in the docstring."""
    return text.replace('"""', '"""Now: ', 1) + "\n\n# a remark\n"


def test_every_module(finished: Project) -> None:
    """The code of a job is exactly the set of modules that the job can import."""
    jobs = [*finished.jobs(), *finished.jobs(target="margins")]
    held = {job["outputs"][0]: {word.partition("@")[0] for word in job["code"].split()} for job in jobs}

    names = {module: module.replace("/", ".") for module in MODULES}
    for job in jobs:
        expected = {name for module, name in names.items() if holding(module)(job)}
        assert held[job["outputs"][0]] & set(names.values()) == expected, job["outputs"][0]


@pytest.mark.parametrize("module", EDITED)
def test_statement(finished: Project, module: str) -> None:
    """A new statement makes the jobs due that can import it, and all jobs after them."""
    with finished.edited(f"src/robustloc/{module}.py", statement):
        jobs = finished.jobs()

    assert {job["rule"] for job in jobs if job["is_due"]} == EDITED[module]
    assert due(jobs) == following(jobs, holding(module))


@pytest.mark.parametrize(
    ("file", "old", "new", "rules"),
    [
        ("experiment/paths.py", "transfer-seed", "transfers-seed", {"transfer", *VERDICTS}),
        ("jobs/fingerprint.py", "FORMAT = 1", "FORMAT = 2", {"trace", "shard", *DATA}),
    ],
    ids=["a path template", "the format of what jobs write"],
)
def test_constant(finished: Project, file: str, old: str, new: str, rules: set[str]) -> None:
    """Another path of a file makes its readers and writers due; another format makes everything due."""
    with finished.edited(f"src/robustloc/{file}", lambda text: text.replace(old, new)):
        jobs = finished.jobs()

    assert {job["rule"] for job in jobs if job["is_due"]} == rules


def test_kind_of_figure(finished: Project) -> None:
    """An edited kind of figure makes only the figures of this kind due, among the figures."""
    with finished.edited("src/robustloc/figures/power.py", statement):
        drawn = {files(job).pop().split(".")[0] for job in finished.jobs() if job["is_due"] and job["rule"] == "figure"}

    assert drawn == {f"figures/power_{name}" for name in ("outdoor_dcnn", "outdoor_neural_ode", "indoor_dcnn")}


def test_edits_of_no_consequence(finished: Project) -> None:
    """No result depends on the harness, the configuration's code, unused plugins, new modules, or any comment."""
    used = set().union(*(imported(name) for job in finished.jobs() for name in run_by(job)))
    assert not {"jobs/log", "jobs/job", "experiment/config", "data/formats/deepmimo_v3", "models/wknn"} & used
    extra = finished.folder / "src/robustloc/extra.py"
    with ExitStack() as edits:
        for module in MODULES:
            edits.enter_context(finished.edited(f"src/robustloc/{module}.py", remark))
        for module in {*MODULES} - used:
            edits.enter_context(finished.edited(f"src/robustloc/{module}.py", statement))
        edits.callback(extra.unlink)
        extra.write_text("VALUE = 1\n")

        assert due(finished.jobs()) == NOTHING


def test_data_of_a_package(finished: Project) -> None:
    """The template, style and script of the report are part of its code."""
    for name in ("template.html", "style.css", "script.js"):
        with finished.edited(f"src/robustloc/report/page/{name}", lambda text: f"{text}\n"):
            assert due(finished.jobs()) == {"report.html"}
