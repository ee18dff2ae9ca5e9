"""The rerun table, names: what an added, removed, replaced, renamed or reordered entry makes due."""

import pytest
import yaml
from smoke_files import (
    CONSTANT,
    DCNN,
    EULER,
    GRADIENT,
    NOTHING,
    ODE,
    OF_SMOOTHING,
    OUTDOOR_ALL,
    PROVENANCE,
    REPORT,
    TABLES,
    VERDICTS,
    clean,
    due,
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
from snakemake.utils import update_config
from workflow_project import ROOT, SMOKE, Project

CONFIG, OVERLAY = (yaml.safe_load((ROOT / name).read_text()) for name in ("config.yaml", SMOKE))
update_config(CONFIG, OVERLAY)
GRIDS, FIGURES = CONFIG["grids"], CONFIG["figures"]
ON_AIR = ("csi_universal", "csi_antenna", "csi_pgd", "adp_pgd")


def scene(name: str, **keys: object) -> dict:
    """Overlay of a scenario."""
    return {"scenarios": {name: keys}}


def more(place: str, model: str, defence: str = "none", seed: int = 0, attacks: tuple[str, ...] = ()) -> dict:
    """Overlay with a localizer more."""
    axes = {"scenarios": [place], "models": [model], "defences": [defence], "seeds": [seed], "attacks": list(attacks)}
    return {"grids": [*GRIDS, axes]}


def less(axis: str, name: str) -> dict:
    """Overlay without a name in the grids and figures."""
    grids = [{**grid, axis: [one for one in grid[axis] if one != name]} for grid in GRIDS]
    shown = [figure for figure in FIGURES if name not in (figure.get(axis[:-1]), *figure.get(axis, []))]
    return {
        "grids": [one for one, old in zip(grids, GRIDS, strict=True) if one[axis] or not old[axis]],
        "figures": shown,
    }


def renamed(kind: str, old: str, new: str) -> dict:
    """Overlay with an entry under another name, in the grids and figures as well."""
    entry = CONFIG[kind][old] if kind == "scenarios" else {"plugin": old} | CONFIG[kind][old]
    lists = {key: yaml.safe_load(yaml.safe_dump(CONFIG[key]).replace(old, new)) for key in ("grids", "figures")}
    return {kind: {new: entry}, **lists}


def swap(files: set[str], old: str, new: str) -> set[str]:
    """Files under another name."""
    return {name.replace(old, new) for name in files}


def own(localizer: str) -> set[str]:
    """What a localizer that nothing attacks brings, with the tables and the figures of its users."""
    place, model, _ = localizer.split("/")
    return trained(localizer) | clean(localizer) | TABLES | users(f"{place}_{model}", gallery=False)


def attacked(localizer: str) -> set[str]:
    """What FGSM on it brings besides."""
    name = "_".join(localizer.split("/")[:2])
    return sets(localizer, attacks=("fgsm",)) | judged(localizer) | figures(f"power_{name}", f"gallery_{name}")


# edit: its overlay, what is due
NAMES = {
    "scenario added": (
        {"scenarios": {"hall": CONFIG["scenarios"]["indoor"]}, **more("hall", "constant")},
        raw("hall") | shards("hall", 1) | split("hall") | own("hall/constant/none"),
    ),
    "scenario removed": (less("scenarios", "indoor"), VERDICTS | TABLES - figures("power_indoor_dcnn")),
    "scenario renamed": (
        renamed("scenarios", "outdoor", "street"),
        swap(raw("outdoor") | OUTDOOR_ALL, "outdoor", "street"),
    ),
    "model added": (more("outdoor", "wknn"), own("outdoor/wknn/none")),
    "attacked model added": (
        more("outdoor", "wknn", attacks=("fgsm",)),
        own("outdoor/wknn/none") | attacked("outdoor/wknn/none"),
    ),
    "model removed": (less("models", "neural_ode_euler"), TABLES),
    "attacked model removed": (
        less("models", "neural_ode"),
        {"outdoor/transfer-seed0.csv"} | VERDICTS | TABLES - figures("power_outdoor_neural_ode"),
    ),
    "model renamed": (
        renamed("models", "neural_ode_euler", "one_step"),
        swap(own(EULER), "neural_ode_euler", "one_step"),
    ),
    "model that no grid names": ({"models": {"other": {"plugin": "dcnn"}}}, NOTHING),
    "defence added": (more("outdoor", "dcnn", "finetuned"), own("outdoor/dcnn/finetuned")),
    "defence removed": (
        less("defences", "median_smoothing"),
        TABLES | users("indoor_dcnn", gallery=False),
    ),
    "defence renamed": (
        renamed("defences", "median_smoothing", "smooth"),
        swap(OF_SMOOTHING, "median_smoothing", "smooth"),
    ),
    "attack added": (more("outdoor", "dcnn", attacks=("noise",)), sets(DCNN[0], attacks=("noise",)) | TABLES),
    "attack removed": (less("attacks", "transfer_dcnn"), TABLES),
    "attack renamed": (renamed("attacks", "transfer_dcnn", "borrowed"), sets(ODE[0], attacks=("borrowed",)) | TABLES),
    "epsilon added": (
        scene("outdoor", epsilons=[0.05, 0.01, 0.03]),
        sets(*DCNN, *ODE, eps=(0.03,)) | sets(ODE[0], attacks=("transfer_dcnn",), eps=(0.03,)) | TABLES,
    ),
    "epsilon removed": (scene("outdoor", epsilons=[0.05]), TABLES),
    "epsilon replaced": (
        scene("indoor", epsilons=[0.003]),
        indoors(*GRADIENT, "apgd", "square", "universal", "worst", eps=0.003) | TABLES | users("indoor_dcnn"),
    ),
    "epsilons in another order": (scene("outdoor", epsilons=[0.05, 0.01]), NOTHING),
    "ratio added": (scene("indoor", psrs_db=[-20, -30]), on_air(*ON_AIR, psr=-30) | TABLES),
    "ratio removed": (scene("indoor", psrs_db=[-30]), on_air(*ON_AIR, psr=-30) | TABLES),
    "seed added": (more("outdoor", "constant", seed=1), swap(own(CONSTANT), "seed0", "seed1")),
    "seed removed": ({"grids": GRIDS[1:]}, TABLES),
    "seed replaced": (
        {"grids": [GRIDS[0] | {"seeds": [1]}, *GRIDS[1:]]},
        swap(own(CONSTANT) | own("indoor/constant/none"), "seed0", "seed1"),
    ),
    "cell named twice": (more("outdoor", "constant"), TABLES),
    "grids in another order": (
        {"grids": [{axis: names[::-1] for axis, names in grid.items()} for grid in GRIDS[::-1]]},
        NOTHING,
    ),
    "figure added": ({"figures": [*FIGURES, FIGURES[1] | {"name": "fig5"}]}, figures("fig5")),
    "figure removed": ({"figures": [FIGURES[0], *FIGURES[2:]]}, PROVENANCE),
    "figure renamed": ({"figures": [FIGURES[1] | {"name": "fig5"}, FIGURES[0], *FIGURES[2:]]}, figures("fig5")),
    "figures in another order": ({"figures": FIGURES[::-1]}, REPORT),
}


@pytest.mark.parametrize("edit", NAMES)
def test_names(finished: Project, edit: str) -> None:
    """A name more makes its own files due and the tables, a name less the tables, another order nothing."""
    overlay, stale = NAMES[edit]

    assert finished.planned(finished.overlay(overlay)) == due(stale)


def test_new_plugin(finished: Project) -> None:
    """A model of one file and one configuration block makes only itself due, and the tables."""
    file = finished.folder / "src/robustloc/models/linear.py"
    file.write_text(
        "from torch import nn\n\n\ndef build(input_shape, *, bias: bool = True):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(input_shape[1] * input_shape[2], 3, bias=bias))\n"
    )
    overlay = {"models": {"linear": {"bias": False}}, **more("outdoor", "linear", attacks=("fgsm",))}
    planned = finished.planned(finished.overlay(overlay))
    file.unlink()

    localizer = "outdoor/linear/none"
    assert planned == due(own(localizer) | attacked(localizer))
