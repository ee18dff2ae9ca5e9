"""Run a function as a stage, through the harness and its command line."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from robustloc.jobs import job


def run_stage(
    function: Callable, inputs: dict[str, Path], outputs: dict[str, Path], config: str = '{"a": 1}', **constants: object
) -> None:
    """Run `function(config, inputs, outputs)` as the stage ``made_up`` with one file per argument."""
    stage = ModuleType("robustloc.stages.made_up", "A stage.")
    vars(stage).update(INPUTS=tuple(inputs), OUTPUTS=tuple(outputs), run=function, **constants)
    files = [word for name, path in (inputs | outputs).items() for word in (f"--{name}", str(path))]
    job.run(stage, ["--config", config, "--code", "base.errors", *files])
