"""Runs a stage as one job: command line, errors, GPU, log, and outputs that appear whole or not at all.

A stage is a module of ``stages/`` with the name of its rule. It declares the names of its arguments, ``INPUTS`` and
``OUTPUTS``, and one function ``run(config, inputs, outputs)``, and it imports nothing of this room. So the harness is
in no stage's fingerprint, and an edit of it makes no result due. A new number in `robustloc.jobs.fingerprint.FORMAT`
makes every result due.
Two more constants are optional:

* ``ACCELERATED = True``: of several GPUs, the job has one to itself.
* ``RESUMES = True``: ``run`` has a further argument ``scratch``, a folder for the state of unfinished work.

A module that has ``main(arguments)`` instead is a separate program, whose output no other job reads.
"""

import argparse
import errno
import hashlib
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from types import ModuleType

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.base.files import Files, sha256
from robustloc.jobs import fingerprint, gpu_lock, log
from robustloc.jobs.atomic import replacing

# a full disk, a used-up quota, a limit on the size of files
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def run(stage: ModuleType, arguments: list[str]) -> None:
    """Run a stage: ``--config JSON --code MODULE… --<input> PATH… --<output> PATH…``.

    The stage writes to temporary paths, which replace the outputs together when it returns. A `UserError` ends the
    program with its message alone and exit status 1, every other error of a plugin with the plugin's name below the
    traceback.
    """
    given = vars(_parser(stage).parse_args(arguments))
    inputs, places = (Files({name: given[name] for name in names}) for names in (stage.INPUTS, stage.OUTPUTS))
    files, start_up_s = [path for paths in places.values() for path in paths], time.process_time()
    record = _recorder(given["config"], given["code"], inputs)
    try:
        with gpu_lock.claimed() if getattr(stage, "ACCELERATED", False) else nullcontext():
            clock = time.monotonic()
            with ExitStack() as stack:
                outputs = Files(
                    {name: [stack.enter_context(replacing(path)) for path in paths] for name, paths in places.items()}
                )
                # after the outputs, which wait for another job that still makes them in this folder
                scratch = stack.enter_context(_scratch(stage, files[0], record()))
                stage.run(given["config"], inputs, outputs, *scratch)
            log.write(files, record(), start_up_s=start_up_s, seconds=time.monotonic() - clock)
    except UserError as error:
        sys.exit(f"error: {error}")
    except (SystemExit, Exception) as error:
        _end(error, files[0])
        raise


def _end(error: BaseException, output: Path) -> None:
    """End the program with a sentence, if the cause of an error is known: a plugin, or a full disk."""
    if isinstance(error, OSError) and error.errno in FULL:
        sys.exit(f"error: {output}: {os.strerror(error.errno)}; no part of it was kept; free some space and run again")
    plugin = plugins.raised_in(error)
    if plugin and type(error) is SystemExit:  # Lightning ends a killed training with a subclass
        sys.exit(f"error: {plugin}: called exit({error.code!r}), which ends the job; raise a ValueError instead")
    if plugin and isinstance(error, Exception):
        traceback.print_exc()
        sys.exit(f"error: {plugin}: raised {error!r}; the lines above show where")


def _parser(stage: ModuleType) -> argparse.ArgumentParser:
    name = stage.__name__.rpartition(".")[2]
    parser = argparse.ArgumentParser(
        prog=f"python -m robustloc.jobs {name}",
        description=stage.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", type=json.loads, required=True, help="the configuration that this stage reads")
    parser.add_argument("--code", nargs="+", default=[], help="modules that run, recorded with their fingerprints")
    for argument in (*stage.INPUTS, *stage.OUTPUTS):
        parser.add_argument(f"--{argument.replace('_', '-')}", type=Path, nargs="*", required=True)
    return parser


def _recorder(config: dict, modules: list[str], inputs: Files) -> Callable[[], dict]:
    """Return a function that describes what a job's results are made from.

    Code and declared inputs are those before the job begins, as both may be edited while it runs. A stage may add
    inputs that it finds by itself; their checksums are those at the end.
    """
    code, checksums = fingerprint.code(*modules), {}

    def record() -> dict:
        """Return the record; see `log.record`."""
        new = [path for paths in inputs.values() for path in paths if path not in checksums]
        checksums.update((path, sha256(path)) for path in new)
        return log.record(config, code, checksums)

    return record


@contextmanager
def _scratch(stage: ModuleType, output: Path, record: dict) -> Iterator[list[Path]]:
    """Yield the folder for unfinished work, if the stage has one, and remove it when the work is done.

    Its name depends on everything that the result depends on. So an edit while a killed job waits for its next attempt
    starts from scratch; folders of other records are removed.
    """
    if not getattr(stage, "RESUMES", False):
        yield []
        return
    name = f".{stage.__name__.rpartition('.')[2]}"
    key = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:16]
    folder = output.with_name(f"{name}-{key}")
    for other in output.parent.glob(f"{name}-*"):
        if other != folder:
            shutil.rmtree(other)
    folder.mkdir(parents=True, exist_ok=True)
    yield [folder]
    shutil.rmtree(folder)


def main() -> None:
    """Run the stage that the first word of the command line names."""
    stage = plugins.load("stages", sys.argv[1])
    if hasattr(stage, "main"):
        stage.main(sys.argv[2:])
    else:
        run(stage, sys.argv[2:])


if __name__ == "__main__":
    main()
