"""The log beside a job's first output tells what its files were made from apart from where and when."""

import json
import platform
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from robustloc.base.files import PACKAGES, os, sha256
from robustloc.jobs import fingerprint, job
from robustloc.jobs import log as job_log


def copy(running: job.Job) -> None:
    """A stage that writes what it reads."""
    running.output("copy").write_text(running.input("text").read_text())
    running.output("again").write_text(running.input("text").read_text())


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str = "some\n", config: str = '{"a": {"b": 1}}') -> dict:
    """Run the stage in a folder as the workflow does; return the log."""
    folder.mkdir(exist_ok=True)
    (folder / "in.txt").write_text(text)
    names = {name: str(folder / f"{name}.txt") for name in ("in", "copy", "again")}
    files = ["--text", names["in"], "--copy", names["copy"], "--again", names["again"]]
    monkeypatch.setattr("sys.argv", ["copy", "--config", config, "--code", "errors", *files])
    job.run(copy, "Copy.", inputs=("text",), outputs=("copy", "again"))
    log = job_log.read(folder / "copy.txt")
    assert log is not None
    return log


def test_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log names configuration, code, inputs, versions and outputs by content; host, end, time and memory beside."""
    before = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    log = run(tmp_path, monkeypatch)

    checksum = sha256(tmp_path / "in.txt")
    assert log["record"] == {
        "config": {"a": {"b": 1}},
        "code": fingerprint.code("errors"),
        "inputs": {"in.txt": checksum},
        "versions": log["record"]["versions"],
    }
    assert set(log["record"]["versions"]) == set(PACKAGES)
    assert log["outputs"] == {"copy.txt": checksum, "again.txt": checksum}
    assert log["run"]["host"] == platform.node()
    assert log["run"]["processor"]
    assert log["run"]["cores"] >= 1
    assert log["run"]["memory_gb"] >= 1
    assert before <= log["run"]["ended"] <= time.strftime("%Y-%m-%dT%H:%M:%S%z")
    assert 0 <= log["run"]["seconds"] < 10
    assert log["run"]["start_up_s"] > 0
    assert log["run"]["peak_memory_mb"] > 10


@pytest.mark.parametrize(("is_used", "name"), [(True, "H100"), (False, None)])
def test_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_used: bool, name: str | None) -> None:
    """A log names the GPU that the job has used, and none that is only there."""
    cuda = SimpleNamespace(is_initialized=lambda: is_used, get_device_name=lambda: "H100")
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))

    assert run(tmp_path, monkeypatch)["run"]["gpu_name"] == name


def test_equal_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal work elsewhere and later gives an equal record, without folder, host or time; other work another one."""
    first = run(tmp_path / "one", monkeypatch)
    monkeypatch.setattr(platform, "node", lambda: "elsewhere")
    second = run(tmp_path / "two", monkeypatch, config='{ "a" : {"b": 1} }')

    assert second["run"]["host"] == "elsewhere" != first["run"]["host"]
    assert second["record"] == first["record"]
    assert second["outputs"] == first["outputs"]
    told = json.dumps([second["record"], second["outputs"]])
    assert not any(word in told for word in ("elsewhere", str(tmp_path), second["run"]["ended"]))
    assert run(tmp_path / "two", monkeypatch, text="other\n")["record"] != first["record"]
    assert run(tmp_path / "two", monkeypatch, config='{"a": {"b": 2}}')["record"] != first["record"]


def test_whole_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that cannot be finished leaves the one before as it was, and nothing half-written."""
    log = run(tmp_path, monkeypatch)
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", lambda *names: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            job_log.write([tmp_path / "copy.txt"], {}, start_up_s=0.0, seconds=0.0)

    assert job_log.read(tmp_path / "copy.txt") == log
    assert {file.name for file in tmp_path.iterdir()} == {"in.txt", "copy.txt", "again.txt", ".copy.txt.job.json"}


@pytest.mark.parametrize("text", ["", '{"record": {', "[]", "{}", "null", '{"record": {}, "outputs": {}}', "\udc80"])
def test_unreadable(tmp_path: Path, text: str) -> None:
    """A log that is missing, damaged or something else is none."""
    output = tmp_path / "copy.txt"
    assert job_log.read(output) is None

    job_log.path(output).write_text(text, errors="surrogateescape")

    assert job_log.read(output) is None
