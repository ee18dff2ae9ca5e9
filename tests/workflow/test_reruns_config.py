"""Reruns after an edit of the configuration: jobs that read the edited value are due, and all jobs after them."""

import pytest
import yaml
from smoke_files import NOTHING, PLACE, due, following, matching
from workflow_project import ROOT, SMOKE, Project

FIGURES = yaml.safe_load((ROOT / SMOKE).read_text())["figures"]

# edited key and value: the files whose jobs read it
VALUES = {
    "seed = 1": ["*/split.parquet"],
    "scenarios.outdoor.raw.rows = 8": ["outdoor/raw/*"],
    "scenarios.indoor.base_station = [9.835, 5.5, 2.0]": ["indoor/raw/*"],  # the same position as numbers
    "scenarios.outdoor.users.column_step = 5": ["outdoor/adp/*"],
    "scenarios.indoor.channel.bandwidth_hz = 500000000": [
        "indoor/adp/*",
        "indoor/csi.parquet",
    ],  # a number, not the text 5.0e+8
    "scenarios.indoor.shards = 2": ["indoor/adp/*"],
    "scenarios.indoor.scale = db": ["indoor/split.parquet"],
    "scenarios.indoor.reference_epsilon = 0.001": [
        "indoor/*/examination.json",
        "indoor/transfer-*",
        "indoor/*/convergence.csv",
        "indoor/*/eps0.001.parquet",  # sets of the examination, and worst
    ],
    "scenarios.outdoor.training_epsilon = 0.04": ["outdoor/*/adversarial/*.pt"],
    "models.dcnn.norm = group": ["*/dcnn/*/checkpoint.pt"],
    "models.neural_ode_euler.steps = 2": ["outdoor/neural_ode_euler/*/checkpoint.pt"],  # weights of another model
    "defences.adversarial.training.epochs = 3": ["*/adversarial/*/checkpoint.pt"],
    "attacks.fgsm.minimum = 0.0": ["*/fgsm/*", "*/adversarial/*/checkpoint.pt"],  # their training uses it
    "attacks.pgd_linf.steps = 4": ["*/pgd_linf/*"],
    "attacks.worst.members = [directions, square]": ["*/worst/*"],
    "attacks.transfer_dcnn.surrogate.defence = adversarial": ["*/transfer_dcnn/*"],
    "training.epochs = 3": ["*/none/*/checkpoint.pt"],  # the other defences start from these
    "crafting.batch_size = 8": ["*/seed0/*/*.parquet", "*/clean.parquet"],
    "crafting.examples = 16": ["*/csi.parquet"],
    "verdict.users = 9": ["*/examination.json", "*/transfer-*"],
    "verdict.limits.converged = 0.9": ["tables/verdicts.csv"],
    "convergence.times = 2": ["*/convergence.csv"],
    "certificates.confidence = 0.99": ["*/certificate.csv"],
}


def overlay(place: str, value: object) -> dict:
    """Overlay with one value at a dotted place."""
    for key in reversed(place.split(".")):
        value = {key: value}
    return value


@pytest.mark.parametrize("edit", VALUES)
def test_value(finished: Project, edit: str) -> None:
    """Another value makes the jobs due that read it, and all jobs after them."""
    place, _, value = edit.partition(" = ")

    jobs = finished.jobs(finished.overlay(overlay(place, yaml.safe_load(value))))

    assert due(jobs) == following(jobs, matching(*VALUES[edit]))


def test_values_of_no_consequence(finished: Project) -> None:
    """Values that no job reads make nothing due."""
    unread = {
        "source": "embedded",  # the scenes are embedded, so the source does not matter
        "data_folder": "elsewhere",
        "scenarios": {"outdoor": {"psrs_db": [-5], "raw": {"folder": "O1_3p5"}}},  # indoor has no attacks over the air
        "models": {"wknn": {"neighbours": 3}, "other": {"plugin": "dcnn"}},  # no grid names it
    }

    assert due(finished.jobs(finished.overlay(unread))) == NOTHING


def test_kept_profiles(finished: Project) -> None:
    """Sets without profiles are made again; clean sets do not change."""
    jobs = finished.jobs(finished.overlay({"crafting": {"keep_adps": False}, "figures": FIGURES[1:]}))

    assert due(jobs) == following(jobs, lambda job: job["rule"] == "attack")


def test_other_results(finished: Project) -> None:
    """In another results folder everything is due."""
    jobs = finished.jobs(finished.overlay({"pathvars": {"results": "results/other"}}))

    assert all(job["is_due"] for job in jobs)
    assert not any(PLACE in file for job in jobs for file in job["outputs"])


@pytest.mark.parametrize(
    ("index", "change", "files"),
    [
        (1, {"attacks": ["fgsm"]}, ["figures/fig4.csv"]),
        (2, {"epsilon": 0.01}, ["figures/matrix.csv", "tables/rmse.md"]),
    ],
)
def test_figure(finished: Project, index: int, change: dict, files: list[str]) -> None:
    """An edited figure is drawn alone; an edited matrix is also in the texts of the tables."""
    edited = [figure | change if number == index else figure for number, figure in enumerate(FIGURES)]

    jobs = finished.jobs(finished.overlay({"figures": edited}))

    assert due(jobs) == following(jobs, matching(*files))
