"""Reruns after a name is added, removed, renamed or reordered: its own files are due, and the tables of all names."""

import pytest
import yaml
from smoke_files import NOTHING, due, following, matching
from snakemake.utils import update_config
from workflow_project import ROOT, SMOKE, Project

CONFIG, OVERLAY = (yaml.safe_load((ROOT / name).read_text()) for name in ("config.yaml", SMOKE))
update_config(CONFIG, OVERLAY)
GRIDS, FIGURES = CONFIG["grids"], CONFIG["figures"]


def more(place: str, model: str, defence: str = "none", seed: int = 0, attacks: tuple[str, ...] = ()) -> dict:
    """Overlay with an additional localizer."""
    axes = {"scenarios": [place], "models": [model], "defences": [defence], "seeds": [seed], "attacks": list(attacks)}
    return {"grids": [*GRIDS, axes]}


def less(axis: str, name: str) -> dict:
    """Overlay that removes a name from the grids and figures."""
    grids = [{**grid, axis: [one for one in grid[axis] if one != name]} for grid in GRIDS]
    shown = [figure for figure in FIGURES if name not in (figure.get(axis[:-1]), *figure.get(axis, []))]
    kept = [one for one, old in zip(grids, GRIDS, strict=True) if one[axis] or not old[axis]]
    return {"grids": kept, "figures": shown}


def renamed(kind: str, old: str, new: str) -> dict:
    """Overlay that renames an entry, in the grids and figures as well."""
    lists = {key: yaml.safe_load(yaml.safe_dump(CONFIG[key]).replace(old, new)) for key in ("grids", "figures")}
    return {kind: {new: {"plugin": old} | CONFIG[kind][old]}, **lists}


# edit: its overlay, and the files of the jobs that are new or read the names
NAMES = {
    "scenario added": (
        {"scenarios": {"hall": CONFIG["scenarios"]["indoor"]}, **more("hall", "constant")},
        ["hall/*", "*hall_constant.csv"],
    ),
    "scenario removed": (less("scenarios", "indoor"), ["tables/verdicts.csv"]),
    "attacked model added": (
        more("outdoor", "wknn", attacks=("fgsm",)),
        ["outdoor/wknn/*", "outdoor/transfer-seed0.csv", "figures/*outdoor_wknn.csv"],
    ),
    "attacked model removed": (less("models", "neural_ode"), ["outdoor/transfer-seed0.csv"]),
    "model renamed": (renamed("models", "neural_ode_euler", "one_step"), ["outdoor/one_step/*"]),
    "defence added": (more("outdoor", "dcnn", "finetuned"), ["outdoor/dcnn/finetuned/*"]),
    "attack added": (more("outdoor", "dcnn", attacks=("mim",)), ["outdoor/dcnn/none/seed0/mim/*"]),
    "attack removed": (less("attacks", "transfer_dcnn"), ["tables/rmse.csv"]),
    "budget added": ({"scenarios": {"outdoor": {"epsilons": [0.05, 0.01, 0.03]}}}, ["outdoor/*/eps0.03.parquet"]),
    "budget replaced": ({"scenarios": {"indoor": {"psrs_db": [-30]}}}, ["indoor/*/psr-30.parquet"]),
    "seed added": (more("outdoor", "constant", seed=1), ["outdoor/constant/none/seed1/*"]),
    "cell named twice": (more("outdoor", "constant"), ["tables/rmse.csv"]),
    "figure renamed": (
        {"figures": [FIGURES[1] | {"name": "fig5"}, FIGURES[0], *FIGURES[2:]]},
        ["figures/fig5.csv"],
    ),
    "figure removed": ({"figures": [FIGURES[0], *FIGURES[2:]]}, ["provenance.json"]),
    "figures in another order": ({"figures": FIGURES[::-1]}, ["report.html"]),
}


@pytest.mark.parametrize("edit", NAMES)
def test_names(finished: Project, edit: str) -> None:
    """A new name makes its own files and the tables due; a removed name makes the tables due."""
    overlay, files = NAMES[edit]

    jobs = finished.jobs(finished.overlay(overlay))

    assert due(jobs) == following(jobs, matching(*files))


def test_another_order(finished: Project) -> None:
    """The order of grids, of the names in them and of budgets makes nothing due."""
    grids = [{axis: names[::-1] for axis, names in grid.items()} for grid in GRIDS[::-1]]

    overlay = {"grids": grids, "scenarios": {"outdoor": {"epsilons": [0.05, 0.01]}}}
    assert due(finished.jobs(finished.overlay(overlay))) == NOTHING


def test_new_plugin(finished: Project) -> None:
    """A model of one file and one configuration block makes its own files due, and the tables of all models."""
    file = finished.folder / "src/robustloc/models/linear.py"
    file.write_text(
        "from torch import nn\n\n\ndef build(input_shape, *, bias: bool = True):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(input_shape[1] * input_shape[2], 3, bias=bias))\n"
    )
    overlay = {"models": {"linear": {"bias": False}}, **more("outdoor", "linear", attacks=("fgsm",))}
    jobs = finished.jobs(finished.overlay(overlay))
    file.unlink()

    own = ["outdoor/linear/*", "outdoor/transfer-seed0.csv", "figures/*outdoor_linear.csv"]
    assert due(jobs) == following(jobs, matching(*own))
