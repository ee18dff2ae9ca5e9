"""The rerun table, values: what each key of the configuration makes due after a finished run."""

import pytest
import yaml
from smoke_files import (
    ATTACKED,
    CERTIFICATE,
    CERTIFIED,
    DCNN,
    EULER,
    EVERYTHING,
    FIG1,
    FROM_INDOOR,
    FROM_OUTDOOR,
    INDOOR,
    INDOOR_ALL,
    INDOORS,
    LAYOUT,
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
    OUTDOORS,
    SETS,
    TABLES,
    TRANSFERRED,
    VERDICTS,
    WITH_GALLERY,
    clean,
    due,
    examined,
    figures,
    indoors,
    judged,
    on_air,
    raw,
    sets,
    shards,
    split,
    trained,
    users,
)
from workflow_project import ROOT, SMOKE, Project

FIGURES = yaml.safe_load((ROOT / SMOKE).read_text())["figures"]

# the edit, by YAML path and value: what is due
VALUES = {
    "seed = 1": EVERYTHING - raw("outdoor", "indoor") - shards("outdoor", 2) - shards("indoor", 1),
    "source = embedded": NOTHING,  # both scenes are traced in any case
    "data_folder = elsewhere": NOTHING,
    "scenarios.outdoor.raw.rows = 8": raw("outdoor") | OUTDOOR_ALL,
    "scenarios.outdoor.raw.max_reflections = 2": raw("outdoor") | OUTDOOR_ALL,
    "scenarios.indoor.raw.max_paths = 9": raw("indoor") | INDOOR_ALL,
    "scenarios.indoor.base_station = BS2": raw("indoor") | INDOOR_ALL,
    "scenarios.indoor.base_station = [9.835, 5.5, 2.0]": raw("indoor") | INDOOR_ALL,  # the same one, said otherwise
    "scenarios.outdoor.users.column_step = 5": OUTDOOR_ALL,
    "scenarios.indoor.channel.bandwidth_hz = 4.0e+8": INDOOR_ALL,
    "scenarios.indoor.channel.bandwidth_hz = 500000000": INDOOR_ALL,  # an integer is another text than 5.0e+8
    "scenarios.outdoor.channel.late_paths = wrap": OUTDOOR_ALL,
    "scenarios.indoor.adp.convention = dyloc": INDOOR_ALL,
    "scenarios.indoor.shards = 2": shards("indoor", 2) | INDOOR_ALL,
    "scenarios.indoor.scale = db": split("indoor") | FROM_INDOOR,
    "scenarios.outdoor.blocked_users = drop": split("outdoor") | FROM_OUTDOOR,
    "scenarios.outdoor.split.validation = 0.2": split("outdoor") | FROM_OUTDOOR,
    "scenarios.outdoor.psrs_db = [-5]": NOTHING,  # nothing attacks over the air there
    "scenarios.indoor.reference_epsilon = 0.001": judged(INDOOR) | TABLES,
    "scenarios.outdoor.training_epsilon = 0.04": OF_DEFENCE,
    "scenarios.indoor.training_epsilon = 0.004": OF_SMOOTHING,
    "models.dcnn.norm = group": OF_DCNN,
    "models.neural_ode.steps = 3": OF_ODE,
    "models.neural_ode_euler.steps = 2": trained(EULER)  # of trained weights
    | clean(EULER)
    | TABLES
    | users("outdoor_neural_ode_euler"),
    "models.wknn.neighbours = 3": NOTHING,  # in no grid
    "defences.adversarial.clean_share = 0.25": OF_DEFENCE,
    "defences.adversarial.training.epochs = 3": OF_DEFENCE,
    "defences.adversarial.attacks = [fgsm]": OF_DEFENCE,
    "defences.median_smoothing.draws = 9": OF_SMOOTHING,
    "attacks.fgsm.minimum = 0.0": OF_DEFENCE
    | sets(*DCNN, *ODE, attacks=("fgsm",))
    | indoors("fgsm")
    | FIG1
    | users("outdoor_dcnn", "outdoor_neural_ode"),
    "attacks.pgd_linf.steps = 4": sets(*DCNN, *ODE, attacks=("pgd_linf",))
    | indoors("pgd_linf", "worst")
    | TABLES
    | users("indoor_dcnn"),
    "attacks.pgd_linf_3.steps = 2": OF_DEFENCE,  # for training alone
    "attacks.square.queries = 50": indoors("square", "worst") | TABLES | users("indoor_dcnn"),
    "attacks.worst.members = [apgd, square]": indoors("worst") | TABLES | users("indoor_dcnn"),
    "attacks.universal.epochs = 3": indoors("universal") | TABLES,
    "attacks.transfer_dcnn.steps = 5": TRANSFERRED | TABLES,
    "attacks.transfer_dcnn.surrogate.defence = adversarial": TRANSFERRED | TABLES,
    "attacks.to_north.target.distance_m = 4.0": indoors("to_north") | TABLES,
    "attacks.csi_antenna.bearing_deg = 20.0": on_air("csi_antenna") | TABLES,
    "training.epochs = 3": OF_TRAINING,  # the defended have epochs of their own, but start from the others
    "training.weight_decay = 0.001": OF_TRAINING,
    "crafting.batch_size = 8": clean(*OUTDOORS, *INDOORS) | SETS | FIG1 | TABLES | OF_USERS,
    "crafting.examples = 16": OF_CSI,
    "verdict.users = 6": OF_EXAMINING,
    "verdict.queries = 30": examined(*ATTACKED) | VERDICTS | TABLES,
    "verdict.limits.converged = 1.2": VERDICTS | TABLES,
    "certificates.confidence = 0.99": CERTIFICATE | CERTIFIED,
    "certificates.radii_sigmas = [1.0]": CERTIFICATE | CERTIFIED,
}


@pytest.mark.parametrize("edit", VALUES)
def test_value(finished: Project, edit: str) -> None:
    """Another value makes exactly the files due that read it, and what is made of them."""
    place, _, value = edit.partition(" = ")
    overlay = yaml.safe_load(value)
    for key in reversed(place.split(".")):
        overlay = {key: overlay}

    assert finished.planned(finished.overlay(overlay)) == due(VALUES[edit])


def test_kept_profiles(finished: Project) -> None:
    """Sets that are to hold no profiles any more are made anew, those without attack are as they were."""
    overlay = finished.overlay({"crafting": {"keep_adps": False}, "figures": FIGURES[1:]})

    assert finished.planned(overlay) == due(SETS | TABLES | users(*WITH_GALLERY, gallery=False))


def test_folder_that_is_not_read(finished: Project) -> None:
    """Naming a download beside a scene that is traced in its stead makes nothing due."""
    overlay = {"source": "embedded", "scenarios": {"outdoor": {"raw": {"folder": "O1_3p5"}}}}

    assert finished.planned(finished.overlay(overlay)) == NOTHING


def test_other_results(finished: Project) -> None:
    """In another folder of results everything is to be made."""
    planned = finished.planned(finished.overlay({"pathvars": {"results": "results/other"}}))

    assert {name.removeprefix("results/other/") for name in planned} == due(EVERYTHING)


@pytest.mark.parametrize(
    ("index", "change", "stale"),
    [(1, {"attacks": ["fgsm"]}, figures("fig4")), (2, {"epsilon": 0.01}, figures("matrix") | LAYOUT)],
)
def test_figure(finished: Project, index: int, change: dict, stale: set[str]) -> None:
    """A figure that shows something else is drawn alone; a matrix stands in the tables as well."""
    edited = [figure | change if number == index else figure for number, figure in enumerate(FIGURES)]

    assert finished.planned(finished.overlay({"figures": edited})) == due(stale)
