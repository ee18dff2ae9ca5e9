"""Draw one figure from the results, and write the numbers that it shows."""

import numpy as np
import pandas as pd

from robustloc import adversarial_set, shown
from robustloc.dataset import Manifest
from robustloc.errors import UserError
from robustloc.figures import curves, maps, style
from robustloc.job import Job, run

# by kind: what is chosen from the table, and how that is drawn
KINDS = {
    "rmse": (shown.rmse, curves.rmse),
    "matrix": (shown.matrix, maps.matrix),
    "certified": (shown.certified, curves.certified),
}


def main(job: Job) -> None:
    """Draw the figure that the configuration describes, as PNG and PDF; its numbers stand beside it as CSV."""
    figure = job.config["figure"]
    drawing = _example(job) if figure["kind"] == "example" else _of_table(job)
    style.save(drawing, job.output("png"), job.output("pdf"))


def _of_table(job: Job) -> style.Figure:
    """Draw some rows of a table, as they are written."""
    figure, data = job.config["figure"], job.output("data")
    choose, draw = KINDS[figure["kind"]]
    rows = choose(pd.read_csv(job.input("table")), figure)
    if rows.empty:
        raise UserError(f"figures.{figure['name']}: {job.input('table')} has no row that it shows")
    rows.to_csv(data, index=False, float_format="%.9g")
    return draw(pd.read_csv(data))


def _example(job: Job) -> style.Figure:
    """Show the user whose error the attack raises by the median amount."""
    figure, manifest = job.config["figure"], Manifest.read(job.input("manifest"))
    test = manifest.test()
    columns = adversarial_set.read(
        job.input("set"), ["user", "position", "clean_prediction", "prediction", "clean_error_m", "error_m", "adp"]
    )
    damage = columns["error_m"] - columns["clean_error_m"]
    user = np.argsort(damage, kind="stable")[[len(damage) // 2]]
    clean = manifest.scale.apply(test.adp[user])[0]
    adversarial = columns["adp"][user].reshape(manifest.shape)
    images = {"clean ADP": clean, "perturbation": adversarial - clean, "adversarial ADP": adversarial}
    positions = {
        "true position": columns["position"][user],
        "clean estimate": columns["clean_prediction"][user],
        "adversarial estimate": columns["prediction"][user],
        "users": test.position,
    }
    title = (
        f"{figure['scenario']}: {figure['model']} (defence {figure['defence']}) under {figure['attack']}, "
        f"epsilon {figure['epsilon']:g}, the user of median damage"
    )
    shown.long(images | positions).to_csv(job.output("data"), index=False, float_format="%.9g")
    return maps.example(images, positions, manifest.scale.name, title)


if __name__ == "__main__":
    run(main, __doc__, inputs=("table", "manifest", "test", "set"), outputs=("data", "png", "pdf"))
