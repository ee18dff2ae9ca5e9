"""Attack one localizer's test users with one attack at one epsilon -> adversarial set; without attack: clean set."""

from collections.abc import Callable

import numpy as np
from torch import Tensor

from robustloc import adversarial_set, localizer, metrics, plugins, seeds
from robustloc.cells import LOCALIZER
from robustloc.dataset import Manifest, Users
from robustloc.evaluation import Outcome, craft
from robustloc.job import Job, run


def main(job: Job) -> None:
    """Craft, verify and write the set."""
    config, cell = job.config, job.config["cell"]
    manifest = Manifest.read(job.input("manifest"))
    test = manifest.test()
    names = [cell[name] for name in (*LOCALIZER, "attack", "epsilon")]
    outcome = craft(
        localizer.load(job.input("checkpoint")),
        test.adp,
        test.position,
        plugins.attack(config["attack"]) if config["attack"] else _leave,
        eps=cell["epsilon"],
        norm=config["attack"]["norm"] if config["attack"] else "linf",
        scale=manifest.scale,
        seeds=[seeds.seed(config["seed"], *names, user) for user in test.user],
        batch_size=config["batch_size"],
    )
    columns = _columns(test, outcome)
    if config["keep_adps"]:
        columns["adp"] = outcome.adversarial
    adversarial_set.write(job.output("set"), columns, job.record() | {"spent": outcome.spent()})


def _leave(loss: Callable, x: Tensor, *, eps: float, generators: list) -> Tensor:
    """Without an attack the users stay as they are."""
    return x


def _columns(test: Users, outcome: Outcome) -> dict[str, np.ndarray]:
    return {
        "user": test.user,
        "position": test.position,
        "clean_prediction": outcome.clean_prediction,
        "prediction": outcome.prediction,
        "clean_error_m": metrics.position_error(outcome.clean_prediction, test.position),
        "error_m": metrics.position_error(outcome.prediction, test.position),
        "linf": outcome.linf,
        "l2": outcome.l2,
        "psr_db": outcome.psr_db,
    }


if __name__ == "__main__":
    run(main, __doc__, inputs=("manifest", "test", "checkpoint"), outputs=("set",))
