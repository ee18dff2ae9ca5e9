"""The log of a job, a file beside the job's first output: its path, its content, and its names for inputs."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

# environment variable: name of the experiment that a job runs for; empty for config.yaml alone
EXPERIMENT = "ROBUSTLOC_EXPERIMENT"


def path(output: Path) -> Path:
    """Return the path of a job's log by the job's first output."""
    return output.with_name(f".{output.name}.job.json")


def read(output: Path) -> dict | None:
    """Read the log beside a job's first output; None where it is missing or damaged."""
    try:
        log = json.loads(path(output).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_whole = isinstance(log, dict) and log.keys() >= {"record", "outputs", "run"}
    return log if is_whole and log["record"].keys() >= {"config", "code", "inputs"} else None


def short_names(paths: Iterable[Path]) -> dict[Path, str]:
    """Return short names of files: the file's name, with folders where several files have the same name."""
    alike: dict[str, list[Path]] = {}
    for path in dict.fromkeys(paths):
        alike.setdefault(path.name, []).append(path)
    shared = {name: os.path.commonpath(same) for name, same in alike.items() if len(same) > 1}
    return {
        path: os.path.relpath(path, shared[name]) if name in shared else name
        for name, same in alike.items()
        for path in same
    }
