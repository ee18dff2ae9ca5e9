"""The rerun table, modules: what an edited file of the package makes due after a finished run."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from modulefinder import ModuleFinder
from pathlib import Path

import pytest
from smoke_files import (
    CERTIFICATE,
    CERTIFIED,
    CONSTANT,
    DCNN,
    DICTIONARY,
    DRAWN,
    EVERYTHING,
    FIG1,
    GRADIENT,
    LAYOUT,
    LEADERBOARD,
    NOTHING,
    ODE,
    OF_CSI,
    OF_DCNN,
    OF_DEFENCE,
    OF_EXAMINING,
    OF_ODE,
    OF_SMOOTHING,
    OF_TRAINING,
    OF_USERS,
    OUTDOOR_ALL,
    PROVENANCE,
    REPORT,
    TABLES,
    VERDICTS,
    WITH_GALLERY,
    clean,
    due,
    figures,
    indoors,
    on_air,
    raw,
    sets,
    shards,
    trained,
    users,
)
from workflow_project import ROOT, Project

PACKAGE = ROOT / "src" / "robustloc"
MODULES = sorted(str(file.relative_to(PACKAGE).with_suffix("")) for file in PACKAGE.rglob("*.py"))

# An edited statement in the modules that people edit, and in those where it may surprise: what is due.
EDITED = {
    "__init__": EVERYTHING,
    "joblog": EVERYTHING,  # as whatever every job runs
    "raytrace/trace": EVERYTHING,
    "scenes/street": raw("outdoor") | OUTDOOR_ALL,
    "channel": EVERYTHING - raw("outdoor", "indoor"),
    "dataset": EVERYTHING - raw("outdoor", "indoor"),
    "split": EVERYTHING - raw("outdoor", "indoor") - shards("outdoor", 2) - shards("indoor", 1),
    "stages/csi": OF_CSI,
    "training": OF_TRAINING,
    "models/constant": trained(CONSTANT, "indoor/constant/none")
    | clean(CONSTANT, "indoor/constant/none")
    | users("outdoor_constant", "indoor_constant")
    | TABLES,
    "models/dcnn": OF_DCNN,
    "models/neural_ode": OF_ODE,
    "defences/adversarial": OF_DEFENCE,
    "defences/median_smoothing": OF_SMOOTHING,
    "attacks/gradient": OF_DEFENCE
    | OF_EXAMINING
    | sets(*DCNN, *ODE)
    | indoors(*GRADIENT, "worst")
    | on_air("csi_antenna", "csi_pgd", "adp_pgd")
    | FIG1
    | users(*WITH_GALLERY),
    "attacks/universal": indoors("universal") | on_air("csi_universal") | TABLES,
    "attacks/square": OF_EXAMINING
    | indoors("square", "worst")
    | users("indoor_dcnn"),  # every examination attacks with it
    "stages/worst": indoors("worst") | TABLES | users("indoor_dcnn"),
    "examine": OF_EXAMINING,
    "verdict": VERDICTS | TABLES,
    "certificate": CERTIFICATE | CERTIFIED,
    "stages/evaluate": TABLES,
    "tables": LAYOUT | LEADERBOARD,
    "columns": VERDICTS | CERTIFIED | TABLES,
    "stages/dictionary": DICTIONARY,
    "leaderboard": LEADERBOARD,
    "figures/curves": FIG1 | DRAWN | OF_USERS | figures("certified"),
    "verification": PROVENANCE,
    "report/page": REPORT,
}
# Those of no job of this experiment: they start jobs, plan them, or belong to entries that no grid names.
UNUSED = {"__main__", "warm", "config", "schema", "threats", "portraits", "forecast", "progress", "stages/inspect"}
UNUSED |= {
    "scenario/overview",
    "modelfile",
    "stages/adopt",
    "models/dyloc",
    "models/resnet",
    "models/wknn",
    "attacks/spsa",
}
UNUSED |= {
    f"defences/{name}"
    for name in ("free_adversarial", "jacobian", "map_clamp", "noise", "static_adversarial", "trades")
}

STAGES = {
    "shard": "adp",
    "clean": "attack",
    "judge": "verdicts",
    "provenance": "verify",
    "page": "report",
}  # of rules of another name
# the files of entries that have another name
FILES = dict.fromkeys(("fgsm", "pgd_linf", "to_north", "csi_antenna", "csi_pgd", "adp_pgd"), "gradient")
FILES |= {"csi_universal": "universal", "transfer_dcnn": "apgd", "neural_ode_euler": "neural_ode"}


def run_by(job: dict) -> list[str]:
    """Name the modules that a job of the smoke experiment loads by name, told by its rule and its first file."""
    place = Path(job["outputs"][0]).relative_to("results/smoke").parts
    scene, model, defence, _, attack = (*place, "", "", "", "")[:5]
    rule, localizer = job["rule"], [f"models/{FILES.get(model, model)}", f"defences/{defence}"]
    found = [f"stages/{STAGES.get(rule, rule)}"]
    if rule == "trace":
        found.append({"outdoor": "scenes/street", "indoor": "scenes/room"}[scene])
    elif rule == "train":
        found += localizer + ["attacks/gradient"] * (defence == "adversarial")
    elif rule in ("clean", "examine", "certify"):
        found += localizer
    elif rule == "attack":
        found += [*localizer, f"attacks/{FILES.get(attack, attack)}"]
        found += ["models/dcnn", "defences/none"] * (attack == "transfer_dcnn")
    elif rule == "transfer":
        found += ["models/dcnn", "defences/none"]
        found += ["models/neural_ode", "defences/adversarial"] * (scene == "outdoor")
    return found


@cache
def imported(module: str) -> frozenset[str]:
    """List what a module can import of the package, and itself, by the standard library's own search."""
    finder = ModuleFinder(path=[str(PACKAGE.parent)])
    finder.import_hook(f"robustloc.{module.replace('/', '.')}")
    files = [Path(found.__file__) for found in finder.modules.values() if found.__file__]
    return frozenset(str(file.relative_to(PACKAGE).with_suffix("")) for file in files)


def followed(jobs: list[dict], is_stale: Callable[[dict], bool]) -> set[str]:
    """List the files of stale jobs, and of all that are made of those."""
    found: set[str] = set()
    stale = [job for job in jobs if is_stale(job)]
    while stale:
        found.update(file for job in stale for file in job["outputs"])
        stale = [job for job in jobs if not found.isdisjoint(job["inputs"]) and not found.issuperset(job["outputs"])]
    return {file.removeprefix("results/smoke/") for file in found}


def statement(text: str) -> str:
    """Add a statement."""
    return text + "\n_EDITED = 1\n"


def remark(text: str) -> str:
    """Add a comment, an empty line, and a word to the docstring."""
    return text.replace('"""', '"""Now: ', 1) + "\n\n# a remark\n"


@pytest.fixture(scope="module")
def planned(finished: Project) -> list[dict]:
    """The jobs of the finished run, as planned again."""
    return finished.jobs()


@pytest.mark.parametrize("module", MODULES)
def test_module(planned: list[dict], module: str) -> None:
    """Exactly the jobs that can import a module are held against its code when they are planned."""
    importing = [job["outputs"][0] for job in planned if any(module in imported(name) for name in run_by(job))]
    held = [job["outputs"][0] for job in planned if f" {module.replace('/', '.')}@" in f" {job['code']}"]

    assert held == importing
    assert bool(held) == (module not in UNUSED)


@pytest.mark.parametrize("module", EDITED)
def test_statement(finished: Project, module: str) -> None:
    """A new statement makes exactly the jobs due that can import it, and what is made of their files."""
    with finished.edited(f"src/robustloc/{module}.py", statement):
        jobs = finished.jobs()

    stale = {file.removeprefix("results/smoke/") for job in jobs if job["is_due"] for file in job["outputs"]}
    assert stale == due(EDITED[module])
    assert stale == followed(jobs, lambda job: any(module in imported(name) for name in run_by(job)))


@pytest.mark.parametrize(("modules", "change"), [(UNUSED, statement), (MODULES, remark)])
def test_edits_of_no_consequence(finished: Project, modules: list[str], change: Callable[[str], str]) -> None:
    """Statements in what no job imports make nothing due, nor do remarks anywhere: all at once, so each."""
    with ExitStack() as edits:
        for module in modules:
            edits.enter_context(finished.edited(f"src/robustloc/{module}.py", change))
        assert finished.planned() == NOTHING


def test_data_of_a_package(finished: Project) -> None:
    """The report's template, style and script count as its code."""
    for name in ("template.html", "style.css", "script.js"):
        with finished.edited(f"src/robustloc/report/{name}", lambda text: f"{text}\n"):
            assert finished.planned() == REPORT


def test_new_module(finished: Project) -> None:
    """A module that nothing imports makes nothing due."""
    file = finished.folder / "src/robustloc/extra.py"
    file.write_text("VALUE = 1\n")
    planned = finished.planned()
    file.unlink()

    assert planned == NOTHING
