"""Arrange the summary by localizer -> leaderboard as CSV and Markdown."""

from pathlib import Path

import pandas as pd

from robustloc import leaderboard
from robustloc.job import Job, run


def main(job: Job) -> None:
    """Write one row per scenario, model and defence."""
    summary, epsilons = pd.read_csv(job.input("summary")), job.config["epsilons"]
    logs = Path(job.config["logs"] or job.output("table").parent.parent / "logs")
    board = leaderboard.leaderboard(summary, epsilons, _training_seconds(logs, summary))
    board.to_csv(job.output("table"), index=False, float_format="%.9g")
    job.output("markdown").write_text(leaderboard.markdown(board, epsilons), encoding="utf-8")


def _training_seconds(logs: Path, summary: pd.DataFrame) -> pd.DataFrame:
    """How long each training took, where its log is still there: it is told, not depended on."""
    found = []
    for names in summary[leaderboard.KEYS].drop_duplicates().itertuples(index=False):
        for file in logs.joinpath(*names).glob("seed*/train.tsv"):
            found.append((*names, pd.read_csv(file, sep="\t").s.iloc[-1]))
    return pd.DataFrame(found, columns=[*leaderboard.KEYS, "training_s"])


if __name__ == "__main__":
    run(main, __doc__, inputs=("summary",), outputs=("table", "markdown"))
