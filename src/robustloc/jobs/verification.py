"""Compares the logs of result files with today's configuration, code and inputs."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from robustloc.base import job_logs
from robustloc.base.files import sha256
from robustloc.jobs.dry_run import Planned

HARDWARE = ("host", "processor", "cores", "memory_gb")
# limit of listed differences, and of files that a command names; for more files it names their rules
SHOWN = 20


class Difference(NamedTuple):
    """A file that is not as today's configuration, code and inputs would make it."""

    rule: str
    file: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


def remake(snakemake: list[str], differences: list[Difference]) -> str:
    """Return the command that makes differing results again, with the results that depend on them.

    Missing files are targets, because Snakemake does not notice a missing file that no job reads. Other files are
    forced, because Snakemake may consider them current.

    Args:
        snakemake: the command of the experiment, without targets.
        differences: at least one.
    """
    present = [one for one in differences if one.reason != "missing"]
    files = list(dict.fromkeys(str(one.file) for one in differences))
    if len(files) > SHOWN:
        force = ["--forcerun", *sorted({one.rule for one in present})] if present else []
    else:
        force = ["--forcerun" if present else "--", *files]
    return shlex.join([*snakemake, *force])


class Verification:
    """Checks of the jobs of one experiment; every file is read once.

    Args:
        experiment: its name, as jobs log it; empty for config.yaml alone.
    """

    def __init__(self, experiment: str = ""):
        self._experiment = experiment
        self._checksums: dict[Path, str | None] = {}

    def differences(self, job: Planned) -> Iterator[Difference]:
        """List what differs between a job's files and what the job would make today."""
        place, log = job.outputs[0], job_logs.read(job.outputs[0])
        if missing := [file for file in job.outputs if self._checksum(file) is None]:
            yield from (Difference(job.rule, file, "missing") for file in missing)
        elif "cfg" not in job.params:  # the summary itself, which was made after the same comparison
            return
        elif log is None:
            yield Difference(job.rule, place, f"its log {job_logs.path(place).name} is missing or damaged")
        else:
            for file in job.outputs:
                if self._checksum(file) != log["outputs"].get(file.name):
                    yield Difference(job.rule, file, "changed since it was made")
            for what, changes in self._changes(job, log).items():
                if changes:
                    yield Difference(job.rule, place, f"{what}: {', '.join(changes)}")

    def _changes(self, job: Planned, log: dict) -> dict[str, list[str]]:
        """List the differences between a log and today, by kind of difference."""
        record, writer = log["record"], log["run"].get("experiment", "")
        configuration = "made with another configuration"
        if writer != self._experiment:
            who = f"the experiment {writer}" if writer else "config.yaml without an experiment"
            configuration = f"written by {who}, with another configuration"
        code = [dict(part.split("@") for part in text.split()) for text in (record["code"], job.params["code"])]
        inputs = {name: self._checksum(path) for path, name in job_logs.short_names(job.inputs).items()}
        return {
            configuration: list(differing_keys("", record["config"], json.loads(job.params["cfg"]))),
            "made by other code": _differing(*code),
            "made from other inputs": _differing(record["inputs"], inputs),
        }

    def summary(self, jobs: list[Planned]) -> dict:
        """Summarise how an experiment was made: jobs, time and memory by rule; versions, hardware, raw files."""
        logs = [(job, job_logs.read(job.outputs[0])) for job in jobs]
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


def _differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """List the names at which two mappings differ."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def differing_keys(place: str, one: object, other: object) -> Iterator[str]:
    """List the keys at which two configurations differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differing_keys(f"{place}.{key}" if place else key, one.get(key), other.get(key))
    elif one != other:
        yield place
