"""Arrange the summary by localizer -> leaderboard as CSV and Markdown."""

from pathlib import Path

import pandas as pd

from robustloc import leaderboard
from robustloc.job import Job, run


def main(job: Job) -> None:
    """Write one row per scenario, model and defence."""
    rows = leaderboard.compared(pd.read_csv(job.input("summary")), job.config["epsilons"])
    results = job.output("table").parent.parent  # <results>/tables/leaderboard.csv
    logs = Path((job.config["logs"] or "<results>/logs").replace("<results>", str(results)))
    seconds = [(*names[:3], _training_seconds(logs.joinpath(*names))) for names in job.config["localizers"]]
    training_s = pd.DataFrame(seconds, columns=[*leaderboard.KEYS, "training_s"])
    leaderboard.leaderboard(rows, training_s).to_csv(job.output("table"), index=False, float_format="%.9g")
    job.output("markdown").write_text(leaderboard.markdown(rows, training_s), encoding="utf-8")


def _training_seconds(logs: Path) -> float:
    """How long a training took, where its log is still there: it is told, not depended on."""
    file = logs / "train.tsv"
    return pd.read_csv(file, sep="\t").s.iloc[-1] if file.exists() else float("nan")


if __name__ == "__main__":
    run(main, __doc__, inputs=("summary",), outputs=("table", "markdown"))
