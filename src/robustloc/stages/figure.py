"""One figure of a table or of sets: its numbers as CSV, a PNG and a PDF drawn from these alone, and its caption."""

import pandas as pd

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.data.dataset import Manifest
from robustloc.figures.parts import style
from robustloc.jobs.job import Job, run
from robustloc.robustness import adversarial_set


def main(job: Job) -> None:
    """Draw the figure that the configuration describes."""
    figure, data = job.config["figure"], job.output("data")
    kind = plugins.load("figures", figure["kind"])
    if kind.READS == "sets":
        manifest, paths = Manifest.read(job.input("manifest")), job.inputs["sets"]
        sets = [(adversarial_set.cell(path), adversarial_set.read(path, list(kind.COLUMNS))) for path in paths]
        rows = kind.rows(sets, manifest.test(), manifest.scale)
    else:
        rows = kind.rows(pd.read_csv(job.input("table")), figure)
    if rows.empty:
        raise UserError(f"figures.{figure['name']}: none of its models and defences is in {job.input('table')}")
    rows.to_csv(data, index=False, float_format="%.9g")
    rows = pd.read_csv(data, low_memory=False)
    style.save(kind.draw(rows), job.output("png"), job.output("pdf"))
    job.output("caption").write_text(" ".join(kind.caption(rows).split()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main, __doc__, inputs=("table", "manifest", "test", "sets"), outputs=("data", "png", "pdf", "caption"))
