"""The tables contain the content of the sets: one row per cell, and one over seeds."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from robustloc.base.files import Files
from robustloc.base.seeds import LOCALIZER
from robustloc.experiment.paths import ATTACK_SET, CLEAN_SET
from robustloc.report.statistics import rmse_interval
from robustloc.robustness import adversarial_set
from robustloc.stages import summarise

GRID = {"scenarios": ["s"], "models": ["m"], "defences": ["none"], "seeds": [0, 1], "attacks": ["fgsm"]}
SIZE = {"parameters": 12, "multiply_adds": 345}
RNG = np.random.default_rng(0)
ERRORS = {(attack, seed): RNG.exponential(size=20) for attack in ("clean", "fgsm") for seed in (0, 1)}


def evaluated(
    results: Path, users: dict[int, np.ndarray], folder: str = "tables", tolerance_m: float = 4.5
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write made-up sets of two seeds with the given users, and summarise them."""
    for (attack, seed), error in ERRORS.items():
        names = ("s", "m", "none", seed, attack, 0.1 * (attack != "clean"), "none" if attack == "clean" else "linf")
        cell = dict(zip(adversarial_set.CELL, names, strict=True)) | {"tag": "eps0.1"}
        file = CLEAN_SET if attack == "clean" else ATTACK_SET.replace("{budget}", "{tag}")
        (path := results / file.format(**cell)).parent.mkdir(parents=True, exist_ok=True)
        estimate = np.zeros((20, 3))
        moved = estimate + [3.0, 0.0, 4.0] * (np.arange(20) < 5 * (seed + 1))[:, None] * (attack != "clean")
        columns = {"user": users[seed], "error_m": error, "psr_db": np.full(20, -20.0 - seed)}
        columns |= {"clean_prediction": estimate, "prediction": moved}
        adversarial_set.write(path, columns, cell, size=SIZE)
    tables = results / folder
    tables.mkdir(parents=True, exist_ok=True)
    words = pd.DataFrame([("s", "m", "none", 0, "OK"), ("s", "m", "none", 1, "UNCONVERGED")])
    words.set_axis([*LOCALIZER, "verdict"], axis=1).to_csv(tables / "verdicts.csv", index=False)
    outputs = {name: [tables / f"{name}.{suffix}" for suffix in ("csv", "parquet")] for name in ("table", "summary")}
    config = {"grids": [GRID], "budgets": {"all": {"s": {"fgsm": ["eps0.1"]}}}, "tolerances_m": {"s": tolerance_m}}
    summarise.run(config, Files(verdicts=[tables / "verdicts.csv"]), Files(outputs))
    return pd.read_csv(tables / "table.csv"), pd.read_csv(tables / "summary.csv")


def test_rows_and_their_summary(tmp_path: Path) -> None:
    """The summary has the seeds' mean and deviation; every row has its localizer's size and verdict."""
    table, summary = evaluated(tmp_path, {seed: np.arange(20) for seed in (0, 1)})

    assert table[["attack", "seed"]].values.tolist() == [["clean", 0], ["fgsm", 0], ["clean", 1], ["fgsm", 1]]
    assert summary.attack.tolist() == ["clean", "fgsm"]
    pair = table[table.attack == "fgsm"]
    expected = {
        "seeds": 2,
        "rmse_mean_m": pair.rmse_m.mean(),
        "rmse_std_m": np.ptp(pair.rmse_m) / np.sqrt(2),
        "p90_m": pair.p90_m.mean(),
        "psr_db": -20.5,
        "n_users": 20,
        **SIZE,
    }
    assert summary.iloc[1][[*expected]].tolist() == pytest.approx([*expected.values()])
    assert summary.verdict.tolist() == ["OK/UNCONVERGED"] * 2
    assert (table[[*SIZE]] == [*SIZE.values()]).all(axis=None)


@pytest.mark.parametrize(("tolerance_m", "shares"), [(4.9, [0.25, 0.5]), (5.0, [0.0, 0.0])])
def test_moved_share(tmp_path: Path, tolerance_m: float, shares: list[float]) -> None:
    """Users count whose estimates leave those without attack by more than the tolerance; seeds are averaged."""
    table, summary = evaluated(tmp_path, dict.fromkeys((0, 1), np.arange(20)), tolerance_m=tolerance_m)

    assert table.moved_share[table.attack == "fgsm"].tolist() == shares
    assert not table.moved_share[table.attack == "clean"].any()
    assert summary.moved_share.tolist() == [0.0, np.mean(shares)]
    assert set(table.tolerance_m) == set(summary.tolerance_m) == {tolerance_m}


@pytest.mark.parametrize("same", [True, False])
def test_users_are_drawn_together_if_they_are_the_same(tmp_path: Path, same: bool) -> None:
    """Seeds with the same users share each draw of users; otherwise each seed has its own draws."""
    _, summary = evaluated(tmp_path, {0: np.arange(20), 1: np.arange(20) + (not same)})

    interval = rmse_interval([ERRORS["fgsm", 0], ERRORS["fgsm", 1]], joint=same)
    assert summary.iloc[1][["rmse_low_m", "rmse_high_m"]].tolist() == pytest.approx(interval)


def test_one_seed_has_no_deviation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one seed, the interval is the interval of its row."""
    monkeypatch.setitem(GRID, "seeds", [0])
    table, summary = evaluated(tmp_path, {seed: np.arange(20) for seed in (0, 1)})

    assert summary.rmse_std_m.isna().all()
    ends = ["rmse_low_m", "rmse_high_m"]
    assert summary[ends].values.tolist() == table[ends].values.tolist()


def test_tables_of_an_experiment(tmp_path: Path) -> None:
    """Tables in an experiment's folder use the sets that all experiments share."""
    users = {seed: np.arange(20) for seed in (0, 1)}

    for table, own in zip(evaluated(tmp_path, users), evaluated(tmp_path, users, "experiments/a/tables"), strict=True):
        pd.testing.assert_frame_equal(own, table)
