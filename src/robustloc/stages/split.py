"""Make a data set of a scenario's shards: split the users, fix the input scale, write the test users to a file."""

from robustloc.base import seeds
from robustloc.base.files import Files
from robustloc.data.split import make_data_set

INPUTS = ("shards",)
OUTPUTS = ("split", "test", "manifest")


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write the parts, the test users and the manifest."""
    make_data_set(
        inputs["shards"],
        config,
        seeds.generator(config["seed"], config["scenario"], "split"),
        split_file=outputs.one("split"),
        test_file=outputs.one("test"),
        manifest=outputs.one("manifest"),
    )
