"""What every stage shares: its command line, its clean errors, its log, outputs that appear whole or not at all."""

import argparse
import errno
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from pathlib import Path

from robustloc.base import files as artifact
from robustloc.base.errors import UserError
from robustloc.jobs import fingerprint, gpu_lock, log

# a full disk, a used-up quota, a limit on the size of files
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Job:
    """One job of the workflow, from its command line.

    Attributes:
        config: exactly the parts of the configuration that the job reads.
        inputs, outputs: paths by argument name, each a list; a stage adds the inputs that it finds by itself.
    """

    def __init__(self, config: dict, modules: list[str], inputs: dict[str, list[Path]], outputs: dict[str, list[Path]]):
        self.config, self.inputs, self.outputs = config, inputs, outputs
        self._code = fingerprint.code(*modules)  # as it is now: it may be edited while the job runs
        self._checksums: dict[Path, str] = {}

    def input(self, name: str) -> Path:
        """Return the one path of an input."""
        (path,) = self.inputs[name]
        return path

    def output(self, name: str) -> Path:
        """Return the one temporary path of an output."""
        (path,) = self.outputs[name]
        return path

    def record(self) -> dict:
        """Describe what this job's results are made from; inputs as they were when they were first asked for."""
        inputs = [path for paths in self.inputs.values() for path in paths]
        return artifact.record(self.config, self._code, {path: self.checksum(path) for path in inputs})

    def checksum(self, path: Path) -> str:
        """Return the checksum that an input had when it was first asked for."""
        if path not in self._checksums:
            self._checksums[path] = artifact.sha256(path)
        return self._checksums[path]


def run(
    stage: Callable[[Job], None],
    description: str,
    *,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    accelerated: bool = False,
) -> None:
    """Run a stage as a program: ``--config JSON --code MODULE… --<input> PATH… --<output> PATH…``.

    The stage writes to `job.outputs`, which are temporary names that take their place together when it returns. Beside
    the first stays a log of what they were made from, where, when and how long. A `UserError` ends the program with its
    message alone and exit status 1. With `accelerated`, the job has one GPU of several to itself.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=json.loads, required=True, help="the configuration that this stage reads")
    parser.add_argument("--code", nargs="+", default=[], help="modules that run, recorded with their fingerprints")
    for name in (*inputs, *outputs):
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, nargs="*", required=True)
    arguments, start_up_s = vars(parser.parse_args()), time.process_time()
    files = [path for name in outputs for path in arguments[name]]
    try:
        with gpu_lock.claimed() if accelerated else nullcontext():
            clock = time.monotonic()
            with ExitStack() as stack:
                places = {
                    name: [stack.enter_context(artifact.replacing(path)) for path in arguments[name]]
                    for name in outputs
                }
                job = Job(arguments["config"], arguments["code"], {name: arguments[name] for name in inputs}, places)
                job.record()
                stage(job)
            log.write(files, job.record(), start_up_s=start_up_s, seconds=time.monotonic() - clock)
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.errno not in FULL:
            raise
        sys.exit(f"error: {files[0]}: {os.strerror(error.errno)}; nothing of it is kept, make room and run again")
