"""After an edit exactly the stale files are due."""

from pathlib import Path

import pytest
import yaml
from workflow_project import Project


def figures(*names: str) -> set[str]:
    """Files of figures."""
    return {f"figures/{name}.{suffix}" for name in names for suffix in ("csv", "png", "pdf")}


TABLES = {f"tables/{name}.{suffix}" for name in ("rmse", "leaderboard") for suffix in ("csv", "md")}
TABLES |= {f"tables/{name}" for name in ("summary.csv", "rmse.tex", "matrices.md", "verdicts.md")}
FIG1, SUMMED = figures("fig1"), figures("fig4", "matrix")
LOCALIZERS = [f"outdoor/{model}/{defence}" for model in ("dcnn", "neural_ode") for defence in ("none", "adversarial")]
DATA = {"shard", "split", "test", "manifest", "params"}


def trained(*localizers: str) -> set[str]:
    """Files of training."""
    return {f"{cell}/seed0/{file}" for cell in localizers for file in ("checkpoint.pt", "training.csv")}


def clean(*localizers: str) -> set[str]:
    """Clean sets."""
    return {f"{cell}/seed0/clean.parquet" for cell in localizers}


def sets(
    *localizers: str, attacks: tuple[str, ...] = ("fgsm", "pgd_linf"), eps: tuple[str, ...] = ("0.01", "0.05")
) -> set:
    """Adversarial sets."""
    return {f"{cell}/seed0/{attack}/eps{e}.parquet" for cell in localizers for attack in attacks for e in eps}


GRADIENT = ("fgsm", "pgd_linf", "to_north")
INDOOR = sets("indoor/dcnn/none", attacks=(*GRADIENT, "apgd", "square", "universal", "worst"), eps=("0.002",))
OVER_THE_AIR = {f"indoor/dcnn/none/seed0/csi_{name}/psr-20.parquet" for name in ("universal", "antenna", "pgd")}
OVER_THE_AIR |= {"indoor/dcnn/none/seed0/adp_pgd/psr-20.parquet"}
TRANSFERRED = sets("outdoor/neural_ode/none", attacks=("transfer_dcnn",))
DEFENDED = [cell for cell in LOCALIZERS if cell.endswith("adversarial")]
PLAIN = [
    "outdoor/constant/none",
    "indoor/constant/none",
    "indoor/dcnn/none",
    *(cell for cell in LOCALIZERS if cell.endswith("none")),
]
ATTACKED = ["indoor/dcnn/none", *LOCALIZERS]
SWAPPED, SMOOTHED = "outdoor/neural_ode_euler/none", "indoor/dcnn/median_smoothing"
CERTIFIED = {f"{SMOOTHED}/seed0/certificate.csv", "tables/certified.csv", "tables/certified.md", *figures("certified")}


def judged(*localizers: str) -> set[str]:
    """Examinations, what they are held against, and the verdicts."""
    scenes = {cell.split("/")[0] for cell in localizers}
    transfers = {f"{scene}/transfer-seed0.csv" for scene in scenes}
    return {f"{cell}/seed0/examination.json" for cell in localizers} | transfers | {"tables/verdicts.csv"}


def test_added_epsilon(finished: Project) -> None:
    """A new epsilon of one scene makes its own sets due, the table, and the figures drawn from it."""
    overlay = finished.overlay({"scenarios": {"outdoor": {"epsilons": [0.05, 0.01, 0.03]}}})

    expected = sets(*LOCALIZERS, eps=("0.03",)) | sets(
        "outdoor/neural_ode/none", attacks=("transfer_dcnn",), eps=("0.03",)
    )
    assert finished.planned(overlay) == expected | TABLES | SUMMED


def test_order_of_names(finished: Project) -> None:
    """Epsilons, attacks and grids in another order make nothing due."""
    smoke = yaml.safe_load((finished.folder / "experiments/smoke.yaml").read_text())
    turned = [{axis: list(reversed(names)) for axis, names in grid.items()} for grid in reversed(smoke["grids"])]
    overlay = finished.overlay({"scenarios": {"outdoor": {"epsilons": [0.05, 0.01]}}, "grids": turned})

    assert finished.planned(overlay) == set()


def test_removed_epsilon(finished: Project) -> None:
    """An epsilon less makes the table due alone."""
    overlay = finished.overlay({"scenarios": {"outdoor": {"epsilons": [0.05]}}})

    assert finished.planned(overlay) == TABLES | SUMMED


def test_training_epochs(finished: Project) -> None:
    """Longer training makes no data due, but all localizers and what follows from them."""
    overlay = finished.overlay({"training": {"epochs": 3}})
    planned = finished.planned(overlay)

    # the defended ones keep their own number of epochs, but start from checkpoints that change
    everyone = [*PLAIN, *DEFENDED, SWAPPED, SMOOTHED]
    expected = trained(*everyone) | clean(*everyone) | judged(*ATTACKED) | sets(*LOCALIZERS) | TRANSFERRED
    assert planned == expected | INDOOR | OVER_THE_AIR | CERTIFIED | TABLES | FIG1 | SUMMED


def test_attack_parameter(finished: Project) -> None:
    """A parameter of an attack makes that attack's sets due, and no training that does not use it."""
    overlay = finished.overlay({"attacks": {"pgd_linf": {"steps": 4}}})

    own = sets(*LOCALIZERS, attacks=("pgd_linf",)) | sets(
        "indoor/dcnn/none", attacks=("pgd_linf", "worst"), eps=("0.002",)
    )
    assert finished.planned(overlay) == own | TABLES | SUMMED


def test_over_the_air(finished: Project) -> None:
    """Another ratio makes the sets over the air of its scene due alone; so does the number of examples what learns."""
    overlay = finished.overlay({"scenarios": {"indoor": {"psrs_db": [-30]}}})
    others = {name.replace("psr-20", "psr-30") for name in OVER_THE_AIR}
    assert finished.planned(overlay) == others | TABLES | SUMMED

    planned = finished.planned(finished.overlay({"crafting": {"examples": 16}}))
    learning = sets("indoor/dcnn/none", attacks=("universal",), eps=("0.002",))
    channels = {name for name in OVER_THE_AIR if "csi_" in name}
    assert planned == {"indoor/csi.parquet"} | learning | channels | TABLES | SUMMED


def test_missing_channels(finished: Project) -> None:
    """Channel matrices that a failed job took away are due again, although every set made of them is there."""
    file = finished.folder / "results/smoke/indoor/csi.parquet"
    kept = file.rename(file.with_suffix(".kept"))
    planned = finished.planned()
    kept.rename(file)

    assert {"indoor/csi.parquet", *(name for name in OVER_THE_AIR if "csi_" in name)} <= planned


def test_limit_of_a_verdict(finished: Project) -> None:
    """A limit makes the verdicts due, and no examination."""
    overlay = finished.overlay({"verdict": {"limits": {"converged": 1.2}}})

    assert finished.planned(overlay) == {"tables/verdicts.csv"} | TABLES | SUMMED


def test_confidence(finished: Project) -> None:
    """Another confidence certifies anew, and trains and attacks nothing."""
    assert finished.planned(finished.overlay({"certificates": {"confidence": 0.99}})) == CERTIFIED


def test_solver_of_trained_weights(finished: Project) -> None:
    """Another solver for the same weights makes its own localizer due alone."""
    overlay = finished.overlay({"models": {"neural_ode_euler": {"steps": 2}}})
    assert finished.planned(overlay) == trained(SWAPPED) | clean(SWAPPED) | TABLES | SUMMED


def test_defence_file(finished: Project) -> None:
    """An edited defence makes its own localizers due and what is proven of them."""
    file = "src/robustloc/defences/median_smoothing.py"
    with finished.edited(file, lambda text: text.replace("draws < 1", "draws < 2 - 1")):
        planned = finished.planned()

    assert planned == trained(SMOOTHED) | clean(SMOOTHED) | CERTIFIED | TABLES | SUMMED


def test_reference_epsilon(finished: Project) -> None:
    """Another reference epsilon examines the localizers of its scene anew."""
    overlay = finished.overlay({"scenarios": {"indoor": {"reference_epsilon": 0.001}}})

    assert finished.planned(overlay) == judged("indoor/dcnn/none") | TABLES | SUMMED


def test_attack_file(finished: Project) -> None:
    """An edited attack makes its sets due and the training that crafts with it, no plain training."""
    with finished.edited("src/robustloc/attacks/gradient.py", lambda text: text.replace("steps < 1", "steps < 2 - 1")):
        planned = finished.planned()

    indoor = sets("indoor/dcnn/none", attacks=(*GRADIENT, "worst"), eps=("0.002",))
    over_the_air = {name for name in OVER_THE_AIR if "universal" not in name}
    expected = trained(*DEFENDED) | clean(*DEFENDED) | judged(*ATTACKED) | sets(*LOCALIZERS) | indoor | over_the_air
    assert planned == expected | TABLES | FIG1 | SUMMED


def test_model_file(finished: Project) -> None:
    """An edited model makes its own localizers due and nothing of another model."""
    with finished.edited("src/robustloc/models/neural_ode.py", lambda text: text.replace("steps < 1", "steps < 2 - 1")):
        planned = finished.planned()

    own = [cell for cell in LOCALIZERS if "neural_ode" in cell]
    swapped = trained(SWAPPED) | clean(SWAPPED)
    assert planned == trained(*own) | clean(*own) | swapped | sets(*own) | TRANSFERRED | judged(*own) | TABLES | SUMMED


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("src/robustloc/training.py", "import logging", "# why not\nimport logging"),
        ("src/robustloc/channel.py", '"""Paths -> channel', '"""From paths -> channel'),
        ("src/robustloc/attacks/gradient.py", "def _climb(", "\n\n# spaced out\ndef _climb("),
        ("config.yaml", "seed: 0 ", "# the root\nseed: 0 "),
        ("config.yaml", "antennas: 64 ", "antennas: 64 # or more "),
        ("envs/robustloc.yaml", "channels:", "# made by hand\nchannels:"),
    ],
)
def test_remarks(finished: Project, file: str, old: str, new: str) -> None:
    """A comment, a docstring or an empty line makes nothing due."""
    with finished.edited(file, lambda text: text.replace(old, new, 1)):
        assert finished.planned() == set()


def test_order_of_keys(finished: Project) -> None:
    """Sorting every mapping of the configuration otherwise makes nothing due."""
    with finished.edited("config.yaml", lambda text: yaml.safe_dump(yaml.safe_load(text), sort_keys=True)):
        assert finished.planned() == set()


def test_added_model(finished: Project) -> None:
    """A model of one file and one configuration block makes only itself due, and the table."""
    file = finished.folder / "src/robustloc/models/linear.py"
    file.write_text(
        "from torch import nn\n\n\ndef build(input_shape, *, bias: bool = True):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(input_shape[1] * input_shape[2], 3, bias=bias))\n"
    )
    grid = {"scenarios": ["outdoor"], "models": ["linear"], "defences": ["none"], "seeds": [0], "attacks": ["fgsm"]}
    smoke = yaml.safe_load((finished.folder / "experiments/smoke.yaml").read_text())
    overlay = finished.overlay({"models": {"linear": {"bias": False}}, "grids": [*smoke["grids"], grid]})

    planned = finished.planned(overlay)
    file.unlink()

    own = "outdoor/linear/none"
    assert planned == trained(own) | clean(own) | sets(own, attacks=("fgsm",)) | judged(own) | TABLES | SUMMED


def test_channel(finished: Project) -> None:
    """Another bandwidth of one scene makes its data due, and the other scene's nothing."""
    overlay = finished.overlay({"scenarios": {"indoor": {"channel": {"bandwidth_hz": 4.0e8}}}})
    planned = finished.planned(overlay)

    assert {name for name in planned if name.startswith("outdoor")} == set()
    assert {Path(name).stem.split("-")[0] for name in planned if name.startswith("indoor")} >= DATA - {"params"}
    assert not any("raw/" in name for name in planned)


def test_scale(finished: Project) -> None:
    """Another input scale makes no profile due, but the data set and all that is trained on it."""
    overlay = finished.overlay({"scenarios": {"indoor": {"scale": "db"}}})
    planned = finished.planned(overlay)

    assert not any("shard" in name for name in planned)
    assert {"indoor/manifest.json", "indoor/dcnn/none/seed0/checkpoint.pt"} <= planned


def test_figure(finished: Project) -> None:
    """An edited figure makes figures due alone."""
    with finished.edited("src/robustloc/figures/curves.py", lambda text: text.replace('size": 4', 'size": 5')):
        assert finished.planned() == FIG1 | SUMMED | figures("certified")
