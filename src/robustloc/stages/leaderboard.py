"""Arrange the summary and the certificates by localizer -> leaderboard as CSV, Parquet, Markdown and LaTeX."""

from functools import partial

import pandas as pd

from robustloc.base.files import Files
from robustloc.experiment.paths import below_results
from robustloc.report import leaderboard, table_files

INPUTS = ("summary", "certified")
OUTPUTS = ("table", "markdown", "latex")


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write one row per scenario, model and defence."""
    rows, costs = leaderboard.compared(pd.read_csv(inputs.one("summary")), config["epsilons"]), []
    find = partial(below_results, outputs["table"][0])
    # from the configuration: a command line may be too short for all their names
    inputs["trainings"] = sorted({find(file) for _, trained in config["localizers"] for file in trained})
    for cell, trained in config["localizers"]:
        costs.append(cell | {"gradients": leaderboard.gradients([pd.read_csv(find(file)) for file in trained])})
    certified = [pd.read_csv(path) for path in inputs["certified"]]  # one file or none
    board = leaderboard.leaderboard(rows, pd.DataFrame(costs), *certified)
    table_files.write(outputs["table"], "leaderboard", board)
    outputs.one("markdown").write_text(leaderboard.markdown(rows, board), encoding="utf-8")
    outputs.one("latex").write_text(leaderboard.latex(rows, board), encoding="utf-8")
