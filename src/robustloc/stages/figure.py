"""One figure of a table or of sets: its values as CSV, a PNG and a PDF drawn from these alone, and its caption."""

import pandas as pd

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.base.files import Files
from robustloc.data.dataset import Manifest
from robustloc.figures.parts import style
from robustloc.robustness import adversarial_set

INPUTS = ("table", "manifest", "test", "sets")
OUTPUTS = ("data", "png", "pdf", "caption")


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Draw the figure that the configuration describes."""
    figure, data = config["figure"], outputs.one("data")
    kind = plugins.load("figures", figure["kind"])
    if kind.READS == "sets":
        manifest = Manifest.read(inputs.one("manifest"))
        sets = [(adversarial_set.cell(path), adversarial_set.read(path, list(kind.COLUMNS))) for path in inputs["sets"]]
        rows = kind.rows(sets, manifest.test(), manifest.scale)
    else:
        rows = kind.rows(pd.concat(map(pd.read_csv, inputs["table"])), figure)
    if rows.empty:
        raise UserError(f"figures.{figure['name']}: none of its models and defences is in {inputs['table'][0]}")
    rows.to_csv(data, index=False, float_format="%.9g")
    rows = pd.read_csv(data, low_memory=False)
    style.save(kind.draw(rows), outputs.one("png"), outputs.one("pdf"))
    outputs.one("caption").write_text(" ".join(kind.caption(rows).split()) + "\n", encoding="utf-8")
