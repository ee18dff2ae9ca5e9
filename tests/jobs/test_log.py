"""The log beside a job's first output: the origin of its files and, separately, host and times."""

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from made_up_stage import run_stage

from robustloc.base import job_logs
from robustloc.base.files import Files, sha256
from robustloc.jobs import fingerprint
from robustloc.jobs import log as job_log


def copy(config: dict, inputs: Files, outputs: Files) -> None:
    """A stage that copies its input."""
    outputs.one("copy").write_text(inputs.one("text").read_text())
    outputs.one("again").write_text(inputs.one("text").read_text())


def run(folder: Path, text: str = "some\n", config: str = '{"a": {"b": 1}}', stage: Callable = copy) -> dict:
    """Run the stage in a folder, as the workflow does; return the log."""
    folder.mkdir(exist_ok=True)
    (folder / "in.txt").write_text(text)
    run_stage(stage, {"text": folder / "in.txt"}, {name: folder / f"{name}.txt" for name in ("copy", "again")}, config)
    log = job_logs.read(folder / "copy.txt")
    assert log is not None
    return log


def test_content(tmp_path: Path) -> None:
    """A log records configuration, code, inputs, versions and outputs by content, and host, end, time and memory."""
    before = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    log = run(tmp_path)

    checksum = sha256(tmp_path / "in.txt")
    assert log["record"] == {
        "config": {"a": {"b": 1}},
        "code": fingerprint.code("base.errors"),
        "inputs": {"in.txt": checksum},
        "versions": log["record"]["versions"],
    }
    assert set(log["record"]["versions"]) == set(job_log.PACKAGES)
    assert log["outputs"] == {"copy.txt": checksum, "again.txt": checksum}
    assert log["run"]["host"] == platform.node()
    assert log["run"]["processor"]
    assert log["run"]["cores"] >= 1
    assert log["run"]["memory_gb"] >= 1
    assert log["run"]["experiment"] == ""
    assert before <= log["run"]["ended"] <= time.strftime("%Y-%m-%dT%H:%M:%S%z")
    assert log["run"]["seconds"] >= 0
    assert log["run"]["start_up_s"] > 0
    assert log["run"]["peak_memory_mb"] > 10


def test_experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log names the job's experiment, separately from the origin of the files."""
    alone = run(tmp_path)
    monkeypatch.setenv(job_logs.EXPERIMENT, "ladder")
    named = run(tmp_path)

    assert named["run"]["experiment"] == "ladder"
    assert named["record"] == alone["record"]


def test_inputs_that_a_stage_finds(tmp_path: Path) -> None:
    """The record includes inputs that the stage finds by itself."""
    (tmp_path / "found.txt").write_text("found")

    def stage(config: dict, inputs: Files, outputs: Files) -> None:
        inputs["more"] = [tmp_path / "found.txt"]
        copy(config, inputs, outputs)

    names = run(tmp_path, stage=stage)["record"]["inputs"]

    assert names == {name: sha256(tmp_path / name) for name in ("found.txt", "in.txt")}


def test_inputs_that_change(tmp_path: Path) -> None:
    """A record has the checksums of the inputs before the job began."""

    def stage(config: dict, inputs: Files, outputs: Files) -> None:
        copy(config, inputs, outputs)
        inputs.one("text").write_text("edited")

    made_from = run(tmp_path, stage=stage)["record"]["inputs"]

    assert made_from == {"in.txt": sha256(tmp_path / "copy.txt")}


@pytest.mark.parametrize(("is_used", "name"), [(True, "H100"), (False, None)])
def test_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_used: bool, name: str | None) -> None:
    """A log names the GPU that the job used; an unused GPU is not named."""
    cuda = SimpleNamespace(is_initialized=lambda: is_used, get_device_name=lambda: "H100")
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))

    assert run(tmp_path)["run"]["gpu_name"] == name


def test_equal_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal work elsewhere or later has an equal record, without folder, host or time; other work has another."""
    first = run(tmp_path / "one")
    monkeypatch.setattr(platform, "node", lambda: "elsewhere")
    second = run(tmp_path / "two", config='{ "a" : {"b": 1} }')

    assert second["run"]["host"] == "elsewhere" != first["run"]["host"]
    assert second["record"] == first["record"]
    assert second["outputs"] == first["outputs"]
    told = json.dumps([second["record"], second["outputs"]])
    assert not any(word in told for word in ("elsewhere", str(tmp_path), second["run"]["ended"]))
    assert run(tmp_path / "two", text="other\n")["record"] != first["record"]
    assert run(tmp_path / "two", config='{"a": {"b": 2}}')["record"] != first["record"]


def test_whole_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a log cannot be finished, the earlier log remains, and no partial log is left."""
    log = run(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", lambda *names: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            job_log.write([tmp_path / "copy.txt"], {}, start_up_s=0.0, seconds=0.0)

    assert job_logs.read(tmp_path / "copy.txt") == log
    assert {file.name for file in tmp_path.iterdir()} == {"in.txt", "copy.txt", "again.txt", ".copy.txt.job.json"}


@pytest.mark.parametrize("text", ["", '{"record": {', "[]", "{}", "null", '{"record": {}, "outputs": {}}', "\udc80"])
def test_unreadable(tmp_path: Path, text: str) -> None:
    """A log that is missing, damaged or another kind of file reads as None."""
    output = tmp_path / "copy.txt"
    assert job_logs.read(output) is None

    job_logs.path(output).write_text(text, errors="surrogateescape")

    assert job_logs.read(output) is None
