"""The log that every job writes beside its first output: what its files were made from, and where, when and how long.

It is the only record of a result. Files do not carry one, so that equal work gives equal files.
"""

import json
import os
import platform
import resource
import sys
import time
from importlib.metadata import version
from pathlib import Path

from robustloc.base import job_logs
from robustloc.base.files import sha256
from robustloc.jobs.atomic import replacing

# packages whose version can change a number
PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "torch", "torchdiffeq", "pytorch-lightning", "pyarrow")


def record(config: dict, code: str, inputs: dict[Path, str]) -> dict:
    """Describe what a result is made from: configuration, code fingerprint, inputs with checksums, package versions.

    Nothing here depends on the host or the time, so that equal work has equal records.
    """
    return {
        "config": config,
        "code": code,
        "inputs": dict(sorted((name, inputs[path]) for path, name in job_logs.short_names(inputs).items())),
        "versions": {package: version(package) for package in PACKAGES},
    }


def write(outputs: list[Path], made_from: dict, *, start_up_s: float, seconds: float) -> None:
    """Write the log of a job that has just ended.

    Args:
        outputs: the job's files, in place.
        made_from: see `record`.
        start_up_s: processor time before the job's own work began [s].
        seconds: wall time of this work [s].
    """
    content = {
        "record": made_from,
        "outputs": {file.name: sha256(file) for file in outputs},
        "run": {
            "experiment": os.environ.get(job_logs.EXPERIMENT, ""),
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
    with replacing(job_logs.path(outputs[0])) as file:
        file.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _processor() -> str:
    """Return the name of the processor, where the system says it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):  # another system, or a processor without a name
        return platform.processor() or platform.machine()


def _gpu() -> str | None:
    """Return the name of the GPU that this process has used, if any; jobs without a network do not import torch."""
    torch = sys.modules.get("torch")
    return torch.cuda.get_device_name() if torch and torch.cuda.is_initialized() else None
