"""An experiment lists exactly the files of its cells."""

import pytest
from configurations import filled

from robustloc.base.errors import UserError
from robustloc.experiment.experiment import Experiment

GRID = {"scenarios": ["indoor"], "models": ["dcnn"], "defences": ["none"], "seeds": [0], "attacks": ["fgsm"]}


def made(*grids: dict, **more: object) -> Experiment:
    """Make an experiment of grids, without configured figures."""
    return Experiment(filled({"grids": list(grids), "figures": [], **more}))


def test_a_named_experiment_has_a_folder_of_its_own() -> None:
    """Only files made of all its cells are in the folder; config.yaml alone has no name."""
    assert made(GRID).folder == "<results>"
    named = made(GRID, name="mine")
    assert named.folder == "<results>/experiments/mine"
    assert all(file.startswith("<experiment>/") for file in [*named.tables(), *named.drawn(), *named.transfers()])
    shared = [*named.checkpoints(), *named.sets(), *named.examinations(), *named.shards("indoor")]
    assert all(file.startswith("<results>/indoor/") for file in shared)


def test_files_of_cells() -> None:
    """One checkpoint per localizer, one set per attack and epsilon and one clean set, one transfer table per seed."""
    run = made(GRID | {"seeds": [0, 1]})

    assert run.checkpoints() == [f"<results>/indoor/dcnn/none/seed{seed}/checkpoint.pt" for seed in (0, 1)]
    assert len(run.sets()) == 2 * (1 + 5)
    assert run.transfers() == [f"<experiment>/indoor/transfer-seed{seed}.csv" for seed in (0, 1)]
    assert run.certificates() == []
    assert not any("certified" in file for file in run.tables())


def test_a_smoothed_localizer_has_a_certificate() -> None:
    """The certificate is listed, and so is the table of certificates."""
    run = made(GRID | {"defences": ["median_smoothing"]})

    assert run.certificates() == ["<results>/indoor/dcnn/median_smoothing/seed0/certificate.csv"]
    assert "<experiment>/tables/certified.csv" in run.tables()


def test_margins_are_for_judged_localizers() -> None:
    """Every attacked localizer has smallest epsilons; they are no table of a default run."""
    run = made(GRID, GRID | {"models": ["resnet"], "attacks": []})

    assert run.margins() == ["<results>/indoor/dcnn/none/seed0/margin.csv"]
    assert not any("margin" in file for file in run.tables())


def test_part_of_an_experiment() -> None:
    """A model's part has its localizers, their starting points, their sets and their data, and nothing else."""
    run = made(GRID | {"models": ["dcnn", "resnet"], "defences": ["adversarial"]}, GRID | {"scenarios": ["outdoor"]})
    part = run.part("models", "resnet")

    assert "<results>/indoor/resnet/none/seed0/checkpoint.pt" in part
    assert "<results>/indoor/manifest.json" in part
    assert not [file for file in part if "dcnn" in file or "outdoor" in file]


def test_channel_matrices_are_for_the_attacks_that_read_them() -> None:
    """Attacks in front of the profile read channel matrices, others do not."""
    assert made(GRID).all_channels(["indoor"]) == []
    run = made(GRID | {"attacks": ["universal"]})
    assert run.all_channels(["indoor"]) == ["<results>/indoor/csi.parquet"]
    assert run.all_channels(["outdoor"]) == []


def test_missing_raw_files_are_reported_together() -> None:
    """If both scenarios name a missing folder, one message has both."""
    raw = {"raw": {"folder": "nowhere"}}
    run = made(GRID | {"scenarios": ["indoor", "outdoor"]}, scenarios={"indoor": raw, "outdoor": raw})

    with pytest.raises(UserError, match=r"(?s)scenario indoor: .*no such folder.*scenario outdoor: .*no such folder"):
        run.all_raw_files()
