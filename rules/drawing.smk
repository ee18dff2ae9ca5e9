# Which figures there are, and what each is drawn from. No rule.

from robustloc.experiment import default_figures

CONFIGURED = {figure["name"]: figure for figure in config["figures"]}
try:
    FIGURES = CONFIGURED | {
        name: figure for name, figure in default_figures.figures(config, GRIDS).items() if name not in CONFIGURED
    }
except UserError as error:
    raise WorkflowError(f"configuration: {error}") from None
COMPUTED = [*cells.localizers(GRIDS), *cells.attacked(GRIDS, BUDGETS)]
DRAWN = expand("<results>/figures/{figure}.{suffix}", figure=FIGURES, suffix=["csv", "png", "pdf", "txt"])


wildcard_constraints:
    figure=either(FIGURES),


def shown(wc):
    """The files that a figure is drawn from."""
    figure = FIGURES[wc.figure]
    reads = plugins.constant("figures", figure["kind"], "READS")
    if reads != "sets":
        return {"table": f"<results>/tables/{reads}.csv", "manifest": [], "test": [], "sets": []}
    return {
        "table": [],
        "manifest": f"<results>/{figure['scenario']}/manifest.json",
        "test": f"<results>/{figure['scenario']}/test.parquet",
        "sets": [f"<results>/{file}" for file in default_figures.sets(figure, COMPUTED)],
    }


def drawers(wc):
    """The code that draws a figure."""
    return ["stages.figure", f"figures.{FIGURES[wc.figure]['kind']}"]
