"""GPUs of one machine that several jobs share: each job takes a free one."""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "CUDA_VISIBLE_DEVICES"


@contextmanager
def claimed() -> Iterator[None]:
    """Hold one of the GPUs that ``CUDA_VISIBLE_DEVICES`` lists, and hide the others, until the block or process ends.

    Where the variable is not set, or lists fewer than two, nothing is held. Waits while other jobs of this user hold
    all of them.
    """
    listed = os.environ.get(VARIABLE, "")
    names = listed.split(",")
    if len(names) < 2:
        yield
        return
    folder = Path(tempfile.gettempdir(), f"robustloc-gpus-{os.getuid()}-{os.environ.get('SLURM_JOB_ID', '')}")
    folder.mkdir(mode=0o700, exist_ok=True)
    name, lock = _free(folder, names)
    os.environ[VARIABLE] = name
    try:
        yield
    finally:
        os.environ[VARIABLE] = listed
        os.close(lock)  # frees the GPU; so does the end of the process


def _free(folder: Path, names: list[str]) -> tuple[str, int]:
    """Wait for a GPU; return its name and the open file that holds it."""
    while True:
        for name in names:
            lock = os.open(folder / name.strip().replace("/", "_"), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return name.strip(), lock
            except BlockingIOError:
                os.close(lock)
        time.sleep(0.2)
