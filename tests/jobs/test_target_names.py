"""Mistyped targets are refused before planning, with the nearest rule or file."""

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.exceptions import CliException

from robustloc.jobs import console, targets

SET = "results/indoor/dcnn/none/seed0/fgsm/eps0.01.parquet"
FILES = [SET, "results/tables/rmse.csv", "results/figures/fig4.png", "results/report.html"]
RULES = ["all", "adp", "attacks", "checkpoints", "model_dcnn", "model_resnet", "figure_fig4", "figure_fig5"]


def workflow(*targetfiles: str, omitted: tuple[str, ...] = ()) -> SimpleNamespace:
    """The parts of a workflow that are read before it plans; it can also make results/extra.csv."""
    rules = {name: SimpleNamespace(name=name, has_wildcards=lambda: False) for name in RULES}
    rules["all"].input = [*FILES, lambda wildcards: []]
    index = SimpleNamespace(match_producers=lambda file: {"a rule"} if file in (*FILES, "results/extra.csv") else set())
    return SimpleNamespace(
        dag=SimpleNamespace(targetfiles=set(targetfiles), output_index=index),
        dag_settings=SimpleNamespace(omit_from=set(omitted)),
        rules=[*rules.values(), SimpleNamespace(name="attack", has_wildcards=lambda: True)],
        is_rule=lambda word: word in rules or word == "attack",
        get_rule=rules.get,
        default_target="all",
    )


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        ("model_dcn", "model_dcnn"),
        ("figure_fig9", "figure_fig5"),
        ("attcks", "attacks"),
        (SET.replace("0.01", "0.010"), SET),
        ("eps0.010", SET),
        ("results/tables/rmse.cvs", "results/tables/rmse.csv"),
        ("rmse.csv", "results/tables/rmse.csv"),
        ("report.html", "results/report.html"),
        ("outdoor/dcnn/none/seed0/fgsm/eps0.01.parquet", SET),
    ],
)
def test_nearest(word: str, nearest: str) -> None:
    """The message names the word and the rule or file that it is nearest to."""
    found = targets.mistakes(workflow(word, "results/report.html"))

    assert found.startswith(f"{word}: expected a rule or a file that this experiment makes, found neither; ")
    assert f"did you mean '{nearest}'?" in found
    assert len(found.splitlines()) == 1


def test_nothing_is_near() -> None:
    """A word that resembles nothing has no suggestion."""
    assert "did you mean" not in targets.mistakes(workflow("zzzzzz"))


def test_right_targets() -> None:
    """Files that a rule makes are right, listed in the default target or not; so are all rules."""
    assert targets.mistakes(workflow(SET, "results/extra.csv", omitted=("attack", "model_dcnn", SET))) == ""


def test_omitted() -> None:
    """Snakemake itself ignores a word of --omit-from that names nothing."""
    assert "'attacks'" in targets.mistakes(workflow(omitted=("atacks",)))


def test_before_planning(tmp_path: Path) -> None:
    """The console ends the run when Snakemake begins to plan, and lets other messages pass."""
    made = console.Console(workflow("model_dcn"), "", tmp_path / "none.json", tmp_path / "seconds.yaml")
    plans = logging.LogRecord("snakemake", logging.INFO, "", 0, console.PLANS, None, None)
    other = logging.LogRecord("snakemake", logging.INFO, "", 0, "Using shell: bash", None, None)

    assert made.filter(other)
    with pytest.raises(CliException, match="model_dcnn"):
        made.filter(plans)
