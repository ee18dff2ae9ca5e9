"""Write the numbers of one figure, draw it from these alone, and say in a caption what it shows."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from robustloc.base.errors import UserError
from robustloc.base.files import Files
from robustloc.data.dataset import Manifest
from robustloc.figures import cdf, map, matrix
from robustloc.figures.parts import captions, curves, profiles, style, users
from robustloc.report import selection
from robustloc.robustness import adversarial_set

INPUTS = ("table", "manifest", "test", "sets")
OUTPUTS = ("data", "png", "pdf", "caption")
# columns of a set that a figure of single users shows
ESTIMATES = ["position", "clean_prediction", "prediction", "clean_error_m", "error_m", "adp"]


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Draw the figure that the configuration describes, as PNG and PDF, from the CSV that is written before."""
    figure, data = config["figure"], outputs.one("data")
    choose, draw = KINDS[figure["kind"]]
    rows = choose(figure, inputs)
    if rows.empty:
        raise UserError(f"figures.{figure['name']}: {inputs.one('table')} has no row that it shows")
    rows.to_csv(data, index=False, float_format="%.9g")
    rows = pd.read_csv(data, low_memory=False)
    style.save(draw(rows), outputs.one("png"), outputs.one("pdf"))
    outputs.one("caption").write_text(captions.caption(figure["kind"], rows) + "\n", encoding="utf-8")


def _of_table(choose: Callable, figure: dict, inputs: Files) -> pd.DataFrame:
    """Choose rows of a table."""
    return choose(pd.read_csv(inputs.one("table")), figure)


def _of_users(choose: Callable, figure: dict, inputs: Files) -> pd.DataFrame:
    """Sum up the errors of every test user."""
    sets = [(adversarial_set.cell(path), adversarial_set.read(path, ["user", "error_m"])) for path in inputs["sets"]]
    return choose(users.errors(sets, Manifest.read(inputs.one("manifest")).test()))


def _of_profiles(damage: list[str], figure: dict, inputs: Files) -> pd.DataFrame:
    """Take the profiles of some users."""
    manifest, path = Manifest.read(inputs.one("manifest")), inputs.one("sets")
    columns, cell = adversarial_set.read(path, ESTIMATES), adversarial_set.cell(path)
    return users.gallery(cell, columns, manifest.test(), manifest.scale, damage)


# by kind: how the rows are chosen, and how they are drawn
KINDS = {
    "rmse": (partial(_of_table, selection.rmse), curves.rmse),
    "power": (partial(_of_table, selection.rmse), curves.power),
    "certified": (partial(_of_table, selection.certified), curves.certified),
    "matrix": (partial(_of_table, selection.matrix), matrix.draw),
    "map": (partial(_of_users, users.floor_plan), map.draw),
    "cdf": (partial(_of_users, users.distribution), cdf.draw),
    "example": (partial(_of_profiles, ["median"]), profiles.draw),
    "gallery": (partial(_of_profiles, list(users.DAMAGE)), profiles.draw),
}
