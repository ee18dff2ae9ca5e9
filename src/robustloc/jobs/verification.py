"""What files were made from, by the logs beside them, held against what they would be made from today."""

import json
from collections.abc import Iterator
from pathlib import Path

from robustloc.base.files import sha256, short_names
from robustloc.jobs import log as job_log
from robustloc.jobs.dry_run import Planned

HARDWARE = ("host", "processor", "cores", "memory_gb")


class Verification:
    """Checks of the jobs of one experiment; every file is read once."""

    def __init__(self):
        self._checksums: dict[Path, str | None] = {}

    def differences(self, job: Planned) -> Iterator[str]:
        """Say in a line each what of a job's files is not as today's configuration, code and inputs would make it."""
        place, log = job.outputs[0], job_log.read(job.outputs[0])
        if missing := [file for file in job.outputs if self._checksum(file) is None]:
            yield from (f"{file}: missing" for file in missing)
        elif "cfg" not in job.params:  # the summary itself, which was made after the same comparison
            return
        elif log is None:
            yield f"{place}: nothing tells what it was made from ({job_log.path(place).name} is missing or damaged)"
        else:
            for file in job.outputs:
                if self._checksum(file) != log["outputs"].get(file.name):
                    yield f"{file}: changed since it was made"
            for what, changes in self._changes(job, log["record"]).items():
                if changes:
                    yield f"{place}: made from other {what}: {', '.join(changes)}"

    def _changes(self, job: Planned, record: dict) -> dict[str, list[str]]:
        """Name what differs between a record and today."""
        code = [dict(part.split("@") for part in text.split()) for text in (record["code"], job.params["code"])]
        inputs = {name: self._checksum(path) for path, name in short_names(job.inputs).items()}
        return {
            "configuration": list(_unequal("", record["config"], json.loads(job.params["cfg"]))),
            "code": sorted(name for name in code[0].keys() | code[1].keys() if code[0].get(name) != code[1].get(name)),
            "inputs": sorted(
                name
                for name in inputs.keys() | record["inputs"].keys()
                if inputs.get(name) != record["inputs"].get(name)
            ),
        }

    def summary(self, jobs: list[Planned]) -> dict:
        """Sum up how an experiment was made: by rule the jobs, their time and memory; versions, hardware, raw files."""
        logs = [(job, job_log.read(job.outputs[0])) for job in jobs]
        made = {file for job in jobs for file in job.outputs}
        raw = {file for job in jobs for file in job.inputs} - made
        rules: dict[str, dict] = {}
        for job, log in logs:
            rule = rules.setdefault(job.rule, {"jobs": 0, "seconds": 0.0, "start_up_s": 0.0, "peak_memory_mb": 0})
            rule["jobs"] += 1
            for name in ("seconds", "start_up_s"):
                rule[name] = round(rule[name] + log["run"][name], 3)
            rule["peak_memory_mb"] = max(rule["peak_memory_mb"], log["run"]["peak_memory_mb"])
        versions = [log["record"]["versions"] for _, log in logs]
        return {
            "rules": rules,
            "versions": {name: sorted({one[name] for one in versions}) for name in versions[0]},
            "hardware": _hardware([log["run"] for _, log in logs]),
            "ended": sorted(log["run"]["ended"] for _, log in logs)[:: max(len(logs) - 1, 1)],
            "raw": {str(file): self._checksum(file) for file in sorted(raw)},
            "files": {str(file): self._checksum(file) for file in sorted(made)},
        }

    def _checksum(self, file: Path) -> str | None:
        if file not in self._checksums:
            self._checksums[file] = sha256(file) if file.is_file() else None
        return self._checksums[file]


def _hardware(runs: list[dict]) -> list[dict]:
    """List the hosts that jobs ran on, with the GPUs that they used."""
    gpus: dict[tuple, set[str]] = {}
    for run in runs:
        own = gpus.setdefault(tuple(run[name] for name in HARDWARE), set())
        own.update({run["gpu_name"]} - {None})
    return [dict(zip(HARDWARE, host, strict=True)) | {"gpus": sorted(gpus[host])} for host in sorted(gpus)]


def _unequal(place: str, one: object, other: object) -> Iterator[str]:
    """Name the keys at which two configurations differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from _unequal(f"{place}.{key}" if place else key, one.get(key), other.get(key))
    elif one != other:
        yield place
