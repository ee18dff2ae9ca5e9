"""Arrange the summary by localizer -> leaderboard as CSV and Markdown."""

from pathlib import Path

import pandas as pd

from robustloc import cells, joblog, leaderboard
from robustloc.job import Job, run


def main(job: Job) -> None:
    """Write one row per scenario, model and defence."""
    rows = leaderboard.compared(pd.read_csv(job.input("summary")), job.config["epsilons"])
    results = job.output("table").parent.parent  # <results>/tables/leaderboard.csv
    training_s = pd.DataFrame([cell | {"training_s": _training_s(results, cell)} for cell in job.config["localizers"]])
    leaderboard.leaderboard(rows, training_s).to_csv(job.output("table"), index=False, float_format="%.9g")
    job.output("markdown").write_text(leaderboard.markdown(rows, training_s), encoding="utf-8")


def _training_s(results: Path, cell: dict) -> float:
    """How long a training took, if it was here and its log is still there: it is told, not depended on."""
    log = joblog.read(results / cells.CHECKPOINT.format(**cell))
    return log["run"]["seconds"] if log and "training" in log["record"]["config"] else float("nan")


if __name__ == "__main__":
    run(main, __doc__, inputs=("summary",), outputs=("table", "markdown"))
