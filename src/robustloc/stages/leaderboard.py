"""Arrange the summary by localizer, with what is proven of it -> leaderboard as CSV, Parquet, Markdown and LaTeX."""

from pathlib import Path

import pandas as pd

from robustloc.experiment.paths import CHECKPOINT
from robustloc.jobs import log as job_log
from robustloc.jobs.job import Job, run
from robustloc.report import leaderboard, table_files


def main(job: Job) -> None:
    """Write one row per scenario, model and defence."""
    rows = leaderboard.compared(pd.read_csv(job.input("summary")), job.config["epsilons"])
    results = job.inputs["manifests"][0].parent.parent
    training_s = pd.DataFrame(
        [cell | {"training_s": _training_s(results, cell, trained)} for cell, trained in job.config["localizers"]]
    )
    certified = [pd.read_csv(path) for path in job.inputs["certified"]]  # one or none
    board = leaderboard.leaderboard(rows, training_s, *certified)
    table_files.write(job.outputs["table"], "leaderboard", board, job.record())
    job.output("markdown").write_text(leaderboard.markdown(rows, board), encoding="utf-8")
    job.output("latex").write_text(leaderboard.latex(rows, board), encoding="utf-8")


def _training_s(results: Path, cell: dict, trained: list[dict]) -> float:
    """How long a localizer's trainings took, if all were here and their logs are there: it is told, not depended on."""
    logs = [job_log.read(results / CHECKPOINT.format(**cell | names)) for names in trained]
    seconds = [log["run"]["seconds"] if log and "training" in log["record"]["config"] else float("nan") for log in logs]
    return sum(seconds)


if __name__ == "__main__":
    run(main, __doc__, inputs=("manifests", "summary", "certified"), outputs=("table", "markdown", "latex"))
