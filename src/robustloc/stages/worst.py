"""Merge several adversarial sets of one localizer: take each user's worst example."""

from robustloc.base.files import Files
from robustloc.robustness import adversarial_set

INPUTS = ("sets",)
OUTPUTS = ("set",)


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write the merged set: for each user, every column of the attack that caused the largest error."""
    sets = {
        adversarial_set.cell(path)["attack"]: adversarial_set.read(path, adversarial_set.names(path))
        for path in inputs["sets"]
    }
    evaluations = sum(adversarial_set.described(path)["spent"]["evaluations"] for path in inputs["sets"])
    spent = {"evaluations": evaluations}
    adversarial_set.write(outputs.one("set"), adversarial_set.worst(sets), config["cell"], spent=spent)
