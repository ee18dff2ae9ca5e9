"""The log that every job leaves beside its first output: what its files were made from, and where, when, how long.

The host and the time stand here and not in the files, so that equal work gives equal files.
"""

import json
import os
import platform
import resource
import sys
import time
from pathlib import Path

from robustloc.base.files import replacing, sha256


def path(output: Path) -> Path:
    """Return where the log of the job lies whose first output this is."""
    return output.with_name(f".{output.name}.job.json")


def write(outputs: list[Path], made_from: dict, *, start_up_s: float, seconds: float) -> None:
    """Write the log of a job that has just ended.

    Args:
        outputs: its files, in place.
        made_from: its record, see `artifact.record`.
        start_up_s: processor time that it took until its own work began [s].
        seconds: time that its own work took [s].
    """
    content = {
        "record": made_from,
        "outputs": {file.name: sha256(file) for file in outputs},
        "run": {
            "host": platform.node(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
            "gpu": os.environ.get("CUDA_VISIBLE_DEVICES"),
            "gpu_name": _gpu(),
            "ended": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "start_up_s": round(start_up_s, 3),
            "seconds": round(seconds, 3),
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        },
    }
    with replacing(path(outputs[0])) as file:
        file.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read(output: Path) -> dict | None:
    """Read the log beside a first output; None if there is none that can be read."""
    try:
        log = json.loads(path(output).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(log, dict) and log.keys() >= {"record", "outputs", "run"}
    return log if whole and log["record"].keys() >= {"config", "code", "inputs"} else None


def _processor() -> str:
    """Name the processor, where it says."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):  # another system, or a processor without a name
        return platform.processor() or platform.machine()


def _gpu() -> str | None:
    """Name the GPU that this process has used, if it has; jobs without a network do not import torch for it."""
    torch = sys.modules.get("torch")
    return torch.cuda.get_device_name() if torch and torch.cuda.is_initialized() else None
