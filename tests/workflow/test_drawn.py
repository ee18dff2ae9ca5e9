"""The figures of a finished run: their values are the sets' values, and they can be redrawn from their CSV alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from workflow_project import Project

from robustloc.base import plugins
from robustloc.figures.parts import style

# one figure of each kind, by name
KINDS = {"fig1": "example", "fig4": "rmse", "matrix": "matrix", "certified": "certified"}
KINDS |= {f"{kind}_indoor_dcnn": kind for kind in ("map", "cdf", "power", "gallery")}


@pytest.fixture(scope="module")
def figures(finished: Project) -> Path:
    """The folder of the finished run's figures."""
    return finished.folder / "results/smoke/figures"


@pytest.mark.parametrize("name", KINDS)
def test_drawn_again(figures: Path, tmp_path: Path, name: str) -> None:
    """Drawing a figure from its CSV alone gives the same PNG and PDF, byte for byte."""
    style.save(
        plugins.load("figures", KINDS[name]).draw(pd.read_csv(figures / f"{name}.csv", low_memory=False)),
        tmp_path / "a.png",
        tmp_path / "a.pdf",
    )

    assert (tmp_path / "a.png").read_bytes() == (figures / f"{name}.png").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes() == (figures / f"{name}.pdf").read_bytes()


def test_every_figure_is_complete(figures: Path) -> None:
    """Each scenario and model has a map and a cdf; each figure has its values and a caption of one line."""
    names = {file.stem for file in figures.glob("*.png")}
    models = ["outdoor_constant", "outdoor_dcnn", "outdoor_neural_ode", "outdoor_neural_ode_euler"]
    models += ["indoor_constant", "indoor_dcnn"]
    attacked = ["outdoor_dcnn", "outdoor_neural_ode", "indoor_dcnn"]

    assert names == {"fig1", "fig4", "matrix", "certified"} | {
        f"{kind}_{model}" for kind in ("map", "cdf") for model in models
    } | {f"{kind}_{model}" for kind in ("power", "gallery") for model in attacked}
    for name in names:
        assert (figures / f"{name}.pdf").stat().st_size > 500
        assert len(pd.read_csv(figures / f"{name}.csv", low_memory=False)) > 1
        (caption,) = (figures / f"{name}.txt").read_text().splitlines()
        assert caption.endswith(".")


def test_map_is_the_set(figures: Path) -> None:
    """Every test user's error is the error in the set, for each defence, without and under the attack."""
    rows = pd.read_csv(figures / "map_outdoor_dcnn.csv").set_index(["defence", "attack"])
    folder = figures.parent / "outdoor/dcnn"

    for defence in ("none", "adversarial"):
        for attack, file in (("clean", "clean"), ("fgsm", "fgsm/eps0.05")):
            own, made = rows.loc[(defence, attack)], pd.read_parquet(folder / defence / f"seed0/{file}.parquet")
            np.testing.assert_array_equal(own.user, made.user)
            np.testing.assert_allclose(own.error_m, made.error_m, rtol=1e-8)
            np.testing.assert_allclose(own[["x_m", "y_m"]], np.stack(made.position)[:, :2], rtol=1e-8)


def test_distribution_is_the_set(figures: Path) -> None:
    """The quantiles are the sorted errors of the set, also for the worst of an ensemble."""
    rows = pd.read_csv(figures / "cdf_indoor_dcnn.csv").query("attack == 'worst'")
    made = pd.read_parquet(figures.parent / "indoor/dcnn/none/seed0/worst/eps0.002.parquet")

    assert set(rows.defence) == {"none"}  # the smoothed localizer is not attacked
    np.testing.assert_allclose(np.sort(rows.error_mean_m), np.sort(made.error_m), rtol=1e-8)


def test_power_is_the_table(figures: Path) -> None:
    """Every attack on the model is at its median ratio, over the air or not."""
    rows = pd.read_csv(figures / "power_indoor_dcnn.csv").query("model == 'dcnn'")
    table = pd.read_csv(figures.parent / "tables/summary.csv")

    keys = ["attack", "epsilon", "rmse_mean_m", "psr_db"]
    own = table.query("scenario == 'indoor' and model == 'dcnn' and defence == 'none'")[keys]
    one, other = (table.sort_values(keys, ignore_index=True) for table in (rows[keys], own))
    pd.testing.assert_frame_equal(one, other)
