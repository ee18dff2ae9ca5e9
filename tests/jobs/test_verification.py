"""Verification names exactly the differences between a file and its job today."""

import json
import os
import shlex
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from robustloc.base import job_logs
from robustloc.base.files import sha256
from robustloc.jobs import log as job_log
from robustloc.jobs.dry_run import Planned
from robustloc.jobs.verification import SHOWN, Difference, Verification, remake

CONFIG = {"training": {"epochs": 2, "rate": 0.1}, "seed": 0}
CODE = "job@1111 stages.train@2222"
FIRST = {"one.csv": "1", "two.csv": "2"}


def made(
    folder: Path, rule: str = "train", outputs: dict[str, str] = FIRST, inputs: tuple[str, ...] = ("in",), **run: object
) -> Planned:
    """Run a job: write its inputs, outputs and log; return the planned job."""
    read, written = [folder / f"{name}.txt" for name in inputs], [folder / name for name in outputs]
    for file in read:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"text of {file.stem}")
    for file, text in zip(written, outputs.values(), strict=True):
        file.write_text(text)
    record = job_log.record(CONFIG, CODE, {file: sha256(file) for file in read})
    job_log.write(written, record, start_up_s=0.5, seconds=2.25)
    if run:
        log = job_logs.read(written[0])
        log["run"] |= run
        job_logs.path(written[0]).write_text(json.dumps(log))
    return Planned(rule, read, written, {"cfg": json.dumps(CONFIG), "code": CODE}, is_due=False)


def swapped(file: Path, text: str = "swapped") -> None:
    """Replace a file's text; the file looks older than everything made from it."""
    file.write_text(text)
    os.utime(file, (1, 1))


def configured(job: Planned, config: dict) -> Planned:
    """The planned job under another configuration."""
    return replace(job, params=job.params | {"cfg": json.dumps(config)})


def coded(job: Planned, code: str) -> Planned:
    """The planned job with other code."""
    return replace(job, params=job.params | {"code": code})


def differences(job: Planned, experiment: str = "") -> list[str]:
    """List the differences as they are printed."""
    return [str(one) for one in Verification(experiment).differences(job)]


def without(file: Path) -> None:
    """Delete a file."""
    file.unlink()


def test_as_made(tmp_path: Path) -> None:
    """Nothing differs right after a job, in another folder, with other times, or with keys in another order."""
    job = made(tmp_path / "here")
    assert differences(job) == []

    (tmp_path / "here").rename(tmp_path / "there")
    files = {name: [tmp_path / "there" / file.name for file in getattr(job, name)] for name in ("inputs", "outputs")}
    for file in (tmp_path / "there").iterdir():
        os.utime(file, (1, 1))
    moved = replace(job, params={"code": CODE, "cfg": json.dumps(dict(reversed(CONFIG.items())))}, **files)

    assert differences(moved) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda job: without(job.outputs[0]), "one.csv: missing"),
        (lambda job: without(job.outputs[1]), "two.csv: missing"),
        (lambda job: swapped(job.outputs[1]), "two.csv: changed since it was made"),
        (
            lambda job: without(job_logs.path(job.outputs[0])),
            "one.csv: its log .one.csv.job.json is missing or damaged",
        ),
        (
            lambda job: job_logs.path(job.outputs[0]).write_text("{}"),
            "one.csv: its log .one.csv.job.json is missing or damaged",
        ),
        (lambda job: swapped(job.inputs[0]), "one.csv: made from other inputs: in.txt"),
        (lambda job: without(job.inputs[0]), "one.csv: made from other inputs: in.txt"),
    ],
)
def test_files(tmp_path: Path, change: Callable[[Planned], object], line: str) -> None:
    """A file that is missing, changed or without a log is named; so is an input with other content."""
    job = made(tmp_path)

    change(job)

    assert differences(job) == [f"{tmp_path}/{line}"]


@pytest.mark.parametrize(
    ("planned", "line"),
    [
        (
            lambda job: configured(job, {"training": {"epochs": 3, "rate": 0.1}, "seed": 0}),
            "with another configuration: training.epochs",
        ),
        (
            lambda job: configured(job, {"training": {"epochs": 2, "rate": 0.1, "clip": 1}}),
            "with another configuration: seed, training.clip",
        ),
        (lambda job: configured(job, {"training": None, "seed": 0}), "with another configuration: training"),
        (lambda job: coded(job, "job@1111 stages.train@3333"), "by other code: stages.train"),
        (lambda job: coded(job, "stages.train@2222"), "by other code: job"),
        (lambda job: coded(job, f"{CODE} models.dcnn@4"), "by other code: models.dcnn"),
        (lambda job: replace(job, inputs=[]), "from other inputs: in.txt"),
        (lambda job: replace(job, inputs=[*job.inputs, job.outputs[1]]), "from other inputs: two.csv"),
    ],
)
def test_plans(tmp_path: Path, planned: Callable[[Planned], Planned], line: str) -> None:
    """A planned job with other configuration, code or inputs differs in exactly these."""
    job = planned(made(tmp_path))

    assert differences(job) == [f"{tmp_path}/one.csv: made {line}"]


def test_several_differences(tmp_path: Path) -> None:
    """Each kind of difference of a job has its own line."""
    job = coded(configured(made(tmp_path), CONFIG | {"seed": 1}), "job@2 stages.train@3")
    for file in (*job.inputs, *job.outputs):
        swapped(file)

    assert [line.removeprefix(f"{tmp_path}/") for line in differences(job)] == [
        "one.csv: changed since it was made",
        "two.csv: changed since it was made",
        "one.csv: made with another configuration: seed",
        "one.csv: made by other code: job, stages.train",
        "one.csv: made from other inputs: in.txt",
    ]


@pytest.mark.parametrize(
    ("writer", "reader", "words"),
    [
        ("", "", "made with another configuration"),
        ("ladder", "ladder", "made with another configuration"),
        ("ladder", "", "written by the experiment ladder, with another configuration"),
        ("", "ladder", "written by config.yaml without an experiment, with another configuration"),
    ],
)
def test_experiments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: str, reader: str, words: str) -> None:
    """If another experiment wrote a file with another configuration, it is named; a shared file is no difference."""
    monkeypatch.setenv(job_logs.EXPERIMENT, writer)
    job = made(tmp_path)

    assert differences(job, reader) == []
    assert differences(configured(job, CONFIG | {"seed": 1}), reader) == [f"{tmp_path}/one.csv: {words}: seed"]


def test_one_command(tmp_path: Path) -> None:
    """Missing files are targets. Other files are forced by name, or by rule if there are many."""
    run = ["snakemake", "--configfile", "my experiment.yaml"]
    reasons = ("missing", "changed since it was made")
    missing, changed = (Difference("train", Path(f"a/{reason}"), reason) for reason in reasons)
    many = [Difference(rule, Path(f"{rule}/{n}"), "changed") for n in range(SHOWN) for rule in ("judge", "attack")]

    assert remake(run, [missing]) == "snakemake --configfile 'my experiment.yaml' -- a/missing"
    assert shlex.split(remake(run, [missing, changed, changed])) == [*run, "--forcerun", "a/missing", str(changed.file)]
    assert shlex.split(remake(run, [missing, *many])) == [*run, "--forcerun", "attack", "judge"]
    assert shlex.split(remake(run, [one._replace(reason="missing") for one in many])) == run


def test_inputs_of_one_name(tmp_path: Path) -> None:
    """Among inputs with equal names, the folders identify the different ones; exchanged inputs differ."""
    job = made(tmp_path, inputs=("a/set", "b/set"))
    assert differences(job) == []

    swapped(job.inputs[1])
    assert differences(job) == [f"{tmp_path}/one.csv: made from other inputs: b/set.txt"]


def test_summary(tmp_path: Path) -> None:
    """Jobs, times, hosts and versions are combined over all jobs; raw files are the inputs that no job makes."""
    ends = [f"2026-01-{day:02}T00:00:00+0000" for day in (1, 3, 2)]
    nodes = [{"host": f"node{n}", "processor": "some", "cores": 4 * n, "memory_gb": 8} for n in (1, 2)]
    first = made(tmp_path, **nodes[0], ended=ends[0], peak_memory_mb=300)
    second = made(
        tmp_path,
        outputs={"three.csv": "3"},
        **nodes[1],
        gpu_name="H100",
        ended="2026-01-03T00:00:00+0000",
        peak_memory_mb=9,
    )
    third = made(
        tmp_path,
        "judge",
        {"four.csv": "4"},
        (),
        **nodes[0],
        gpu_name="A100",
        ended="2026-01-02T00:00:00+0000",
        peak_memory_mb=20,
    )
    third = replace(third, inputs=[first.outputs[1]])
    log = job_logs.read(third.outputs[0])
    log["record"]["versions"]["torch"] = "0.1"
    job_logs.path(third.outputs[0]).write_text(json.dumps(log))

    found = Verification().summary([first, second, third])

    assert found["rules"] == {
        "train": {"jobs": 2, "seconds": 4.5, "start_up_s": 1.0, "peak_memory_mb": 300},
        "judge": {"jobs": 1, "seconds": 2.25, "start_up_s": 0.5, "peak_memory_mb": 20},
    }
    assert found["hardware"] == [nodes[0] | {"gpus": ["A100"]}, nodes[1] | {"gpus": ["H100"]}]
    assert found["ended"] == ends[:2]
    assert found["versions"]["numpy"] == [version("numpy")]
    assert found["versions"]["torch"] == sorted(["0.1", version("torch")])
    assert found["raw"] == {str(tmp_path / "in.txt"): sha256(tmp_path / "in.txt")}
    names = ("one.csv", "two.csv", "three.csv", "four.csv")
    assert found["files"] == {str(tmp_path / name): sha256(tmp_path / name) for name in names}
