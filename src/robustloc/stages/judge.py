"""Judge every examined localizer: a table of all checks with their figures and rules, and one word each."""

import json
import math
from dataclasses import asdict, fields
from pathlib import Path

import pandas as pd

from robustloc.base.seeds import LOCALIZER
from robustloc.experiment.paths import EXAMINATION, TRANSFER
from robustloc.jobs.job import Job, run
from robustloc.report import table_files
from robustloc.robustness import verdict

COLUMNS = [*LOCALIZER, "epsilon", "n_users", "verdict", *(field.name for field in fields(verdict.Check))]


def main(job: Job) -> None:
    """Write one row per localizer and check."""
    config, rows = job.config, []
    examinations = {path.parts[-5:-1]: path for path in job.inputs["examinations"]}
    transfers = {path.parts[-2:]: path for path in job.inputs["transfers"]}
    for cell in config["localizers"]:
        path = examinations[Path(EXAMINATION.format(**cell)).parts[:-1]]
        examination = json.loads(path.read_text(encoding="utf-8"))
        figures = examination["figures"] | {
            "transfer_rmse_m": _transfer(transfers[Path(TRANSFER.format(**cell)).parts], cell)
        }
        checks = verdict.judge(figures, config["limits"])
        place = cell | {"epsilon": examination["epsilon"], "n_users": examination["users"]}
        rows += [place | {"verdict": verdict.word(checks)} | asdict(check) for check in checks]
    frame = pd.DataFrame(rows, columns=COLUMNS).sort_values(list(LOCALIZER), kind="stable")
    frame["passed"] = frame["passed"].map({True: "yes", False: "no"}).fillna("not asked")
    table_files.write(job.outputs["table"], "verdicts", frame, job.record())


def _transfer(path: Path, cell: dict) -> float | None:
    """RMSE [m] under the strongest examples of another localizer; None if there is no other."""
    table = pd.read_csv(path)
    own = (table.model == cell["model"]) & (table.defence == cell["defence"])
    itself = (table.source_model == cell["model"]) & (table.source_defence == cell["defence"])
    strongest = float(table[own & ~itself].rmse_m.max())
    return None if math.isnan(strongest) else strongest


if __name__ == "__main__":
    run(main, __doc__, inputs=("examinations", "transfers"), outputs=("table",))
