"""What every stage shares: its command line, its clean errors and its outputs that appear whole or not at all."""

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from robustloc import artifact, provenance
from robustloc.errors import UserError


class Job:
    """One job of the workflow, from its command line.

    Attributes:
        config: exactly the parts of the configuration that the job reads.
        modules: the stage and the plugins that it loads by name, below ``robustloc``.
        inputs, outputs: paths by argument name, each a list.
    """

    def __init__(self, config: dict, modules: list[str], inputs: dict[str, list[Path]], outputs: dict[str, list[Path]]):
        self.config, self.modules, self.inputs, self.outputs = config, modules, inputs, outputs

    def input(self, name: str) -> Path:
        """Return the one path of an input."""
        (path,) = self.inputs[name]
        return path

    def output(self, name: str) -> Path:
        """Return the one temporary path of an output."""
        (path,) = self.outputs[name]
        return path

    def record(self) -> dict:
        """Describe what this job's results are made from."""
        inputs = [path for paths in self.inputs.values() for path in paths]
        return artifact.record(self.config, provenance.code(*self.modules), inputs)


def run(stage: Callable[[Job], None], description: str, *, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
    """Run a stage as a program: ``--config JSON --code MODULE… --<input> PATH… --<output> PATH…``.

    The stage writes to `job.outputs`, which are temporary names that take their place together when it returns. A
    `UserError` ends the program with its message alone and exit status 1.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=json.loads, required=True, help="the configuration that this stage reads")
    parser.add_argument("--code", nargs="+", default=[], help="modules that run, recorded with their fingerprints")
    for name in (*inputs, *outputs):
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, nargs="*", required=True)
    arguments = vars(parser.parse_args())
    try:
        with ExitStack() as stack:
            places = {name: [stack.enter_context(artifact.replacing(p)) for p in arguments[name]] for name in outputs}
            stage(Job(arguments["config"], arguments["code"], {name: arguments[name] for name in inputs}, places))
    except UserError as error:
        sys.exit(f"error: {error}")
