"""Draw one figure from the results."""

import numpy as np
import pandas as pd

from robustloc import adversarial_set, figures
from robustloc.dataset import Manifest
from robustloc.job import Job, run


def main(job: Job) -> None:
    """Draw the figure that the configuration describes, as PNG and PDF."""
    figure = job.config["figure"]
    drawing = _example(job) if figure["kind"] == "example" else figures.rmse(pd.read_csv(job.input("table")), figure)
    figures.save(drawing, job.output("png"), job.output("pdf"))


def _example(job: Job):
    """Show the user whose error the attack raises by the median amount."""
    manifest = Manifest.read(job.input("manifest"))
    test = manifest.test()
    columns = adversarial_set.read(
        job.input("set"), ["user", "position", "clean_prediction", "prediction", "clean_error_m", "error_m", "adp"]
    )
    damage = columns["error_m"] - columns["clean_error_m"]
    user = int(np.argsort(damage, kind="stable")[len(damage) // 2])
    figure, shape = job.config["figure"], manifest.shape
    positions = {
        "users": test.position,
        "true": columns["position"][user],
        "clean": columns["clean_prediction"][user],
        "adversarial": columns["prediction"][user],
    }
    title = (
        f"{figure['scenario']}: {figure['model']} (defence {figure['defence']}) under {figure['attack']}, "
        f"epsilon {figure['epsilon']:g}, the user of median damage"
    )
    clean = manifest.scale.apply(test.adp[user])
    return figures.example(clean, columns["adp"][user].reshape(shape), positions, manifest.scale.name, title)


if __name__ == "__main__":
    run(main, __doc__, inputs=("table", "manifest", "test", "set"), outputs=("png", "pdf"))
