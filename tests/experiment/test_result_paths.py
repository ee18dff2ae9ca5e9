"""Results are found by their names below the results folder, from any depth."""

from pathlib import Path

import pytest

from robustloc.experiment.paths import below_results


@pytest.mark.parametrize("table", ["tables/rmse.csv", "experiments/ladder/tables/rmse.csv"])
def test_below_results(tmp_path: Path, table: str) -> None:
    """A result is found from a table at any depth; a missing result gets a path that does not exist."""
    results = tmp_path / "some" / "results"
    (results / "indoor").mkdir(parents=True)
    (results / "indoor" / "manifest.json").touch()

    assert below_results(results / table, "indoor/manifest.json") == results / "indoor/manifest.json"
    assert not below_results(results / table, "outdoor/manifest.json").exists()
