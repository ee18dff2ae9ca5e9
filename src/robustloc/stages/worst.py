"""Take of several adversarial sets of one localizer each user's worst example."""

import numpy as np

from robustloc.jobs.job import Job, run
from robustloc.robustness import adversarial_set


def main(job: Job) -> None:
    """Write the set of the worst: every column of the attack that drove the user's estimate furthest."""
    sets = [adversarial_set.read(path, adversarial_set.names(path)) for path in job.inputs["sets"]]
    errors = np.stack([columns["error_m"] for columns in sets])
    worst, users = errors.argmax(axis=0), np.arange(errors.shape[1])
    columns = {name: np.stack([one[name] for one in sets])[worst, users] for name in sets[0]}
    columns["attack"] = np.array([adversarial_set.cell(path)["attack"] for path in job.inputs["sets"]])[worst]
    adversarial_set.write(job.output("set"), columns, job.record())


if __name__ == "__main__":
    run(main, __doc__, inputs=("sets",), outputs=("set",))
