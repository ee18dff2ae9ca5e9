"""`snakemake verify` finds stale results that Snakemake considers current without records or with misleading times."""

import json
import os
import re
import shlex
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from workflow_project import SMOKE, Project

from robustloc.base.files import sha256
from robustloc.jobs.log import PACKAGES

RAW = "outdoor/raw/power_t001_tx000_r000.npz"
CHECKPOINT = "outdoor/dcnn/none/seed0/checkpoint.pt"


@pytest.fixture
def changed(finished: Project, tmp_path: Path) -> Project:
    """A finished copy without Snakemake's records, which tests may change."""
    project = finished.copy(tmp_path / "changed")
    shutil.rmtree(project.folder / ".snakemake")
    return project


def differences(project: Project) -> list[str]:
    """List the output of verify for a project in which Snakemake finds no due job."""
    assert "Nothing to be done" in project.run("--configfile", SMOKE).stderr
    return verified(project)[0]


def verified(project: Project) -> tuple[list[str], list[str]]:
    """List the differences of a project, and the arguments of the command that remakes the results."""
    done = project.snakemake("verify", "--configfile", SMOKE)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    lines = done.stdout.splitlines()
    said = rf"error: {len(lines)} differences; make these results again with:\nsnakemake (.*)"
    command = re.search(said, (project.folder / "results/smoke/logs/verify.log").read_text())
    assert command, done.stderr
    return [line.replace("results/smoke/", "") for line in lines], shlex.split(command[1])


def test_clean(finished: Project) -> None:
    """A finished run has no differences: verify prints one line and writes only its log."""
    before = {file: file.stat().st_mtime_ns for file in (finished.folder / "results").rglob("*") if file.is_file()}

    done = finished.run("verify", "--configfile", SMOKE)

    assert re.fullmatch(r"\d{3} results checked, all current\n", done.stdout)
    log = finished.folder / "results/smoke/logs/verify.log"
    assert log.read_text() == ""
    after = {file: file.stat().st_mtime_ns for file in (finished.folder / "results").rglob("*") if file.is_file()}
    assert {file for file in after if after[file] != before.get(file)} <= {log}


def test_older_input(changed: Project) -> None:
    """A raw file that was swapped for an older one is named, with the files made from the original."""
    file = changed.folder / "results/smoke" / RAW
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    os.utime(file, (1, 1))

    assert differences(changed) == [
        f"{RAW}: changed since it was made",
        f"outdoor/adp/shard-0.parquet: made from other inputs: {file.name}",
        f"outdoor/adp/shard-1.parquet: made from other inputs: {file.name}",
    ]


def test_swapped_checkpoint(changed: Project) -> None:
    """A checkpoint with another one's content and its own time is named, with every file made from it."""
    file = changed.folder / "results/smoke" / CHECKPOINT
    times = file.stat()
    shutil.copy(file.parents[2] / "adversarial/seed0/checkpoint.pt", file)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    found = differences(changed)

    assert found[0] == f"{CHECKPOINT}: changed since it was made"
    assert all(": made from other inputs: " in line and line.endswith("checkpoint.pt") for line in found[1:])
    sets = [f"{attack}/eps{epsilon}.parquet" for attack in ("fgsm", "pgd_linf") for epsilon in ("0.01", "0.05")]
    sets.append("noise/eps0.05.parquet")  # of the examination
    consumers = [f"dcnn/none/seed0/{name}" for name in ("clean.parquet", "examination.json", *sets)]
    consumers += [f"neural_ode/none/seed0/transfer_dcnn/eps{epsilon}.parquet" for epsilon in ("0.01", "0.05")]
    consumers += ["dcnn/adversarial/seed0/checkpoint.pt", "transfer-seed0.csv"]
    assert {line.split(": ")[0] for line in found[1:]} == {f"outdoor/{name}" for name in consumers}


def test_edited_configuration(changed: Project) -> None:
    """An edited key is named at the files whose jobs read it."""
    file = changed.folder / SMOKE
    content = yaml.safe_load(file.read_text())
    content["training"]["epochs"] = 3
    content["verdict"]["users"] = 9
    file.write_text(yaml.safe_dump(content))

    found = differences(changed)

    found.remove("report.html: made with another configuration: training.epochs")
    words = [line.partition(": made with another configuration: ") for line in found]
    assert {Path(name).name: key for name, _, key in words} == {
        "checkpoint.pt": "training.epochs",
        "examination.json": "users",
        "transfer-seed0.csv": "users",
    }
    # localizers whose defence sets the epochs, or with weights of another model, do not read it
    trained = {name for name, _, key in words if key == "training.epochs"}
    localizers = {"outdoor": ("constant", "dcnn", "neural_ode"), "indoor": ("constant", "dcnn")}
    assert trained == {f"{place}/{one}/none/seed0/checkpoint.pt" for place in localizers for one in localizers[place]}


def test_edited_code(changed: Project) -> None:
    """An edited module is named at the files that it makes; a comment counts as no edit."""
    file = changed.folder / "src/robustloc/stages/summarise.py"
    file.write_text(file.read_text() + "\n# a remark\n")
    changed.run("verify", "--configfile", SMOKE)

    file.write_text(file.read_text() + "\nEDITED = True\n")

    assert differences(changed) == ["tables/rmse.csv: made by other code: stages.summarise"]


def test_missing_second_output(changed: Project) -> None:
    """The command that verify prints remakes a missing file that no job reads, and nothing else."""
    file = changed.folder / "results/smoke/figures/fig4.pdf"
    content = file.read_bytes()
    file.unlink()

    found, command = verified(changed)
    assert found == ["figures/fig4.pdf: missing"]
    done = changed.run(*command)

    assert file.read_bytes() == content
    assert done.stderr.count(" | ") == 1, done.stderr
    assert changed.run("verify", "--configfile", SMOKE).stdout.endswith("all current\n")


def test_another_experiment(changed: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verify names the experiment that overwrote tables in the same folder; its command rewrites them."""
    table, kept = "results/smoke/tables/matrices.md", (changed.folder / "results/smoke/tables/rmse.csv").read_bytes()
    log = changed.folder / "results/smoke/tables/.rmse.md.job.json"
    content = json.loads(log.read_text())
    content["record"]["config"] = {"matrices": []}
    content["run"]["experiment"] = "ladder"
    log.write_text(json.dumps(content))

    found, command = verified(changed)
    (line,) = found
    assert line == "tables/rmse.md: written by the experiment ladder, with another configuration: matrices"
    changed.run(*command)

    assert changed.run("verify", "--configfile", SMOKE).stdout.endswith("all current\n")
    assert (changed.folder / table).exists()
    assert (changed.folder / "results/smoke/tables/rmse.csv").read_bytes() == kept


def test_report(changed: Project) -> None:
    """A report that was edited by hand is named."""
    file = changed.folder / "results/smoke/report.html"
    file.write_text(file.read_text().replace("Headline", "Advertisement"))

    assert differences(changed) == ["report.html: changed since it was made"]


def test_provenance(finished: Project) -> None:
    """The summary has every earlier job with its time, every file with its checksum, and the versions that ran."""
    results = finished.folder / "results/smoke"
    found = json.loads((results / "provenance.json").read_text())

    files = set(results.rglob(".*.job.json")) - {results / ".report.html.job.json"}
    logs = [json.loads(file.read_text()) for file in files]
    assert sum(rule["jobs"] for rule in found["rules"].values()) == len(logs)
    assert found["rules"]["train"]["jobs"] == 8
    for name in ("seconds", "start_up_s"):
        total = sum(rule[name] for rule in found["rules"].values())
        assert total == pytest.approx(sum(log["run"][name] for log in logs), abs=1e-6)
    assert [one["host"] for one in found["hardware"]] == sorted({log["run"]["host"] for log in logs})
    assert found["ended"] == [function(log["run"]["ended"] for log in logs) for function in (min, max)]
    assert found["versions"] == {name: [version(name)] for name in PACKAGES}
    assert not found["raw"]  # this experiment makes its own raw files
    for name, checksum in found["files"].items():
        assert sha256(finished.folder / name) == checksum
    assert {name for log in logs for name in log["outputs"]} == {Path(name).name for name in found["files"]}
