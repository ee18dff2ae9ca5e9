"""Write the results table in the paper's layout, as Markdown and as LaTeX; matrices as Markdown."""

import pandas as pd

from robustloc.base.files import Files
from robustloc.report import layout

INPUTS = ("summary",)
OUTPUTS = ("markdown", "latex", "matrices")


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write the tables from the summary."""
    summary = pd.read_csv(inputs.one("summary"))
    texts = {
        "markdown": layout.markdown(summary),
        "latex": layout.latex(summary),
        "matrices": layout.matrices(summary, config["matrices"]),
    }
    for name, text in texts.items():
        outputs.one(name).write_text(text, encoding="utf-8")
