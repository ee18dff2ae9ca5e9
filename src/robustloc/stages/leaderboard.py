"""Arrange the summary and the certificates by localizer -> leaderboard as CSV, Parquet, Markdown and LaTeX."""

import pandas as pd

from robustloc.base import job_logs
from robustloc.base.files import Files
from robustloc.experiment.paths import CHECKPOINT, below_results
from robustloc.report import leaderboard, table_files

INPUTS = ("summary", "certified")
OUTPUTS = ("table", "markdown", "latex")


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write one row per scenario, model and defence."""
    rows, times = leaderboard.compared(pd.read_csv(inputs.one("summary")), config["epsilons"]), []
    for cell, trained in config["localizers"]:
        checkpoints = [CHECKPOINT.format(**cell | names) for names in trained]
        # informational; the logs are not inputs of the rule
        logs = [job_logs.read(below_results(outputs["table"][0], file)) for file in checkpoints]
        times.append(cell | {"training_s": leaderboard.training_seconds(logs)})
    certified = [pd.read_csv(path) for path in inputs["certified"]]  # one file or none
    board = leaderboard.leaderboard(rows, pd.DataFrame(times), *certified)
    table_files.write(outputs["table"], "leaderboard", board)
    outputs.one("markdown").write_text(leaderboard.markdown(rows, board), encoding="utf-8")
    outputs.one("latex").write_text(leaderboard.latex(rows, board), encoding="utf-8")
