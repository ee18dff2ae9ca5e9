"""The stage of comparisons reads the sets of its pairs and writes what they show."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from robustloc.base.errors import UserError
from robustloc.base.files import Files
from robustloc.experiment.grids import sides
from robustloc.robustness import adversarial_set
from robustloc.stages import compare

PAIR = {
    "scenario": "s",
    "first": {"model": "net", "defence": "adversarial"},
    "second": {"model": "wknn", "defence": "none"},
}
CLEAN = PAIR | {"attack": "clean", "budget": "", "seeds": [[0, 1, 2], [0]]}
FGSM = PAIR | {"attack": "fgsm", "budget": "eps0.1", "seeds": [[0, 1, 2], [0]]}


def run(results: Path, weights: int, users: int = 40) -> pd.DataFrame:
    """Write made-up sets, compare them, and return the table; the control has this number of weights."""
    rng = np.random.default_rng(0)
    error = rng.exponential(size=40)
    for names in (CLEAN, FGSM):
        for side, files in zip(("first", "second"), sides(names), strict=True):
            for seed, file in files.items():
                (path := results / file).parent.mkdir(parents=True, exist_ok=True)
                epsilon, budget = (0.0, "none") if names is CLEAN else (0.1, "linf")
                cell = {"scenario": "s", **names[side], "seed": seed, "attack": names["attack"]}
                cell |= {"epsilon": epsilon, "budget": budget}
                size = {"parameters": 9 if side == "first" else weights, "multiply_adds": 9}
                own = (3 if side == "first" else 1) * error * rng.uniform(0.99, 1.01)
                count = 40 if side == "first" else users
                columns = {"user": np.arange(40)[:count] + (users < 40), "error_m": own[:count]}
                adversarial_set.write(path, columns, cell, size=size)
    (results / "tables").mkdir(exist_ok=True)
    outputs = {"table": [results / f"tables/comparisons.{suffix}" for suffix in ("csv", "parquet")]}
    outputs |= {"markdown": [results / "tables/comparisons.md"], "latex": [results / "tables/comparisons.tex"]}
    inputs = Files()
    compare.run({"comparisons": [CLEAN, FGSM]}, inputs, Files(outputs))
    assert len(inputs["sets"]) == 8
    return pd.read_csv(outputs["table"][0])


def test_rows(tmp_path: Path) -> None:
    """One row per attack; a control without weights and with one seed is compared with every seed."""
    table = run(tmp_path, weights=0)

    assert table.attack.tolist() == ["clean", "fgsm"]
    assert table[["model", "control_model", "seeds", "finding"]].values.tolist() == [["net", "wknn", 3, "larger"]] * 2
    assert (table.rmse_mean_m / table.control_rmse_mean_m).tolist() == pytest.approx([3, 3], rel=0.05)
    assert table.epsilon.tolist() == [0, 0.1]


def test_one_seed_of_weights(tmp_path: Path) -> None:
    """A trained control with one seed is compared at this seed alone, and nothing is concluded."""
    assert (
        run(tmp_path, weights=5)[["seeds", "over", "finding"]].values.tolist()
        == [[1, "users of one seed", "one seed"]] * 2
    )


def test_other_users(tmp_path: Path) -> None:
    """Sets of other users are refused with the name of the file."""
    with pytest.raises(UserError, match=r"wknn/none/seed0/clean\.parquet: expected the test users of the other sets"):
        run(tmp_path, weights=0, users=39)
