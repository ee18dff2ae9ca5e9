"""Files that appear whole or not at all, whatever happens to the process that writes them."""

import contextlib
import fcntl
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path that atomically replaces `path` on success.

    Waits while another process writes this file, such as a job that outlived its Snakemake.

    Raises:
        FileNotFoundError: the block wrote nothing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, held = _alone(path.with_name(f".{path.name}.tmp"))
    try:
        yield temporary
        if not temporary.stat().st_size:
            raise FileNotFoundError(f"{path}: nothing was written")
        os.replace(temporary, path)
    except BaseException:  # not later: by then another process may have taken the name
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(held)


def _alone(temporary: Path) -> tuple[Path, int]:
    """Open and lock a temporary file for this process alone, without the content that a killed process left.

    Returns:
        Its path, or another one where files cannot be locked; and the open file, which holds the lock.
    """
    while True:
        held = os.open(temporary, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another process that writes {temporary}", file=sys.stderr, flush=True)
            fcntl.flock(held, fcntl.LOCK_EX)
        except OSError:  # this file system has no locks; two processes must at least not write into one file
            temporary.unlink(missing_ok=True)
            own = temporary.with_name(f"{temporary.stem}.{platform.node()}.{os.getpid()}.tmp")
            own.touch()
            return own, held
        with contextlib.suppress(FileNotFoundError):  # removed, or given its final name, while this process waited
            if os.path.samestat(os.fstat(held), os.stat(temporary)):
                os.ftruncate(held, 0)
                return temporary, held
        os.close(held)
